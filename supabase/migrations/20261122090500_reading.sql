-- What may be asked. These functions run as the one who asks: row-level security decides what there is.
-- Lists come as columns (one array a column, all of one length): half the size, and numpy takes them as they are.

-- Practice between two moments by concept: whole UTC days from mastery_daily, the days cut by an end from the history.
create function private.practised(learner uuid, since timestamptz, until timestamptz)
returns table (concept_tag text, day date, gained float, lost float, forgotten float, observations bigint, correct bigint, graded bigint)
language sql stable as $$
  select d.concept_tag, d.day, d.gained, d.lost, d.forgotten, d.observations, d.correct, d.graded
  from public.mastery_daily d
  where d.user_id = learner and d.day > private.utc_day(since) and d.day < private.utc_day(until)
  union all
  select h.concept_tag, private.utc_day(h.created_at),
         case when h.trigger_type not in ('decay', 'reset') then greatest(h.delta, 0) else 0 end,
         case when h.trigger_type not in ('decay', 'reset') then least(h.delta, 0) else 0 end,
         case when h.trigger_type = 'decay' then h.delta else 0 end,
         (h.trigger_type not in ('decay', 'reset'))::integer,
         (h.is_correct is true)::integer, (h.is_correct is not null)::integer
  from public.mastery_history h
  where h.user_id = learner
    and ((h.created_at >= since and h.created_at <= until and h.created_at < date_trunc('day', since, 'UTC') + interval '1 day')
      or (h.created_at >= greatest(since, date_trunc('day', until, 'UTC'), date_trunc('day', since, 'UTC') + interval '1 day') and h.created_at <= until))
$$;

-- Where a learner stands at a moment: every concept as last practised by then, and the practice of the days before.
create function public.learner_mastery(learner uuid, at timestamptz default now(), concepts text[] default null, window_days float default 7)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  perform private.require_visible(learner);
  return (
    with standing as (
      select m.concept_tag, m.mastery_score, m.last_assessed_at, m.observations, m.decay_factor
      from public.student_mastery m
      where m.user_id = learner and (m.last_assessed_at <= at or m.last_assessed_at is null)
        and (concepts is null or m.concept_tag = any (concepts))
      union all
      select m.concept_tag, h.mastery_score, h.created_at, h.opportunity, m.decay_factor
      from public.student_mastery m
      cross join lateral (
        select h.mastery_score, h.created_at, h.opportunity
        from public.mastery_history h
        where h.user_id = learner and h.concept_tag = m.concept_tag and h.trigger_type <> 'decay' and h.created_at <= at
        order by h.created_at desc, h.interaction_id desc
        limit 1
      ) h
      where m.user_id = learner and m.last_assessed_at > at and (concepts is null or m.concept_tag = any (concepts))
    ),
    recent as (
      select p.concept_tag, sum(p.gained + p.lost) as delta, sum(p.forgotten) as forgotten, sum(p.observations) as events
      from private.practised(learner, at - window_days * interval '1 day', at) p
      group by p.concept_tag
    )
    select jsonb_build_object(
      'settings', (select to_jsonb(settings) - 'only_row' from public.mastery_settings settings),
      'concept_tag', coalesce(jsonb_agg(s.concept_tag), '[]'),
      'stored_score', coalesce(jsonb_agg(s.mastery_score), '[]'),
      'last_assessed_at', coalesce(jsonb_agg(s.last_assessed_at), '[]'),
      'observations', coalesce(jsonb_agg(s.observations), '[]'),
      'decay_factor', coalesce(jsonb_agg(s.decay_factor), '[]'),
      'recent_delta', coalesce(jsonb_agg(coalesce(r.delta, 0)), '[]'),
      'recent_forgetting', coalesce(jsonb_agg(coalesce(r.forgotten, 0)), '[]'),
      'recent_events', coalesce(jsonb_agg(coalesce(r.events, 0)), '[]'))
    from standing s left join recent r using (concept_tag));
end
$$;

-- What came of a learner's practice between two moments, in sums.
create function public.learner_practice(learner uuid, since timestamptz, until timestamptz default now())
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  perform private.require_visible(learner);
  return (
    select jsonb_build_object(
      'observations', coalesce(sum(p.observations), 0), 'correct', coalesce(sum(p.correct), 0), 'graded', coalesce(sum(p.graded), 0),
      'gained', coalesce(sum(p.gained), 0), 'lost', coalesce(sum(p.lost), 0), 'forgotten', coalesce(sum(p.forgotten), 0),
      'concepts', count(distinct p.concept_tag) filter (where p.observations > 0),
      'days_practised', count(distinct p.day) filter (where p.observations > 0))
    from private.practised(learner, since, until) p);
end
$$;

-- The rows of the history between two moments, newest first.
create function public.learner_history(learner uuid, concept text default null, since timestamptz default '-infinity', until timestamptz default now(), max_rows integer default 100)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  perform private.require_visible(learner);
  return (
    select coalesce(jsonb_agg(to_jsonb(h) order by h.created_at desc, h.interaction_id desc, h.trigger_type = 'decay'), '[]')
    from (
      select h.interaction_id, h.user_id, h.concept_tag, h.mastery_score, h.delta, h.trigger_type, h.session_id, h.created_at, h.opportunity
      from public.mastery_history h
      where h.user_id = learner and (concept is null or h.concept_tag = concept) and h.created_at >= since and h.created_at <= until
      order by h.created_at desc, h.interaction_id desc, h.trigger_type = 'decay'
      limit max_rows
    ) h);
end
$$;

-- What a curve is drawn from: for each concept the state it starts from and every practice step between two moments.
-- With more than ``max_steps`` steps a concept, each of max_steps / 4 equal stretches of time keeps its first, last, lowest and
-- highest step (M4: Jugel et al., "M4: a visualization-oriented time series data aggregation", PVLDB 7(10), 2014).
create function public.learner_curves(learner uuid, concepts text[], since timestamptz, until timestamptz default now(), max_steps integer default 800)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  perform private.require_visible(learner);
  return (
    with steps as (
      select h.concept_tag, h.created_at, h.interaction_id, h.mastery_score, h.delta, h.trigger_type,
             count(*) over (partition by h.concept_tag) as n,
             width_bucket(date_part('epoch', h.created_at), date_part('epoch', since), date_part('epoch', until) + 1, greatest(max_steps / 4, 1)) as stretch
      from public.mastery_history h
      where h.user_id = learner and h.concept_tag = any (concepts) and h.trigger_type <> 'decay'
        and h.created_at > since and h.created_at <= until
    ),
    kept as (
      select * from steps where n <= max_steps
      union all
      (select distinct on (concept_tag, stretch, pick) s.*
       from steps s cross join lateral (values
         (1, date_part('epoch', s.created_at)), (2, -date_part('epoch', s.created_at)), (3, s.mastery_score), (4, -s.mastery_score)) as rank (pick, place)
       where n > max_steps
       order by concept_tag, stretch, pick, place, case when pick = 2 then interaction_id end desc nulls last, created_at, interaction_id)
    ),
    drawn as (select distinct on (concept_tag, created_at, interaction_id) * from kept order by concept_tag, created_at, interaction_id)
    select jsonb_build_object(
      'settings', (select to_jsonb(settings) - 'only_row' from public.mastery_settings settings),
      'steps', (
        select jsonb_build_object(
          'concept_tag', coalesce(jsonb_agg(d.concept_tag), '[]'),
          'at', coalesce(jsonb_agg(date_part('epoch', d.created_at)), '[]'),
          'score', coalesce(jsonb_agg(d.mastery_score), '[]'),
          'delta', coalesce(jsonb_agg(d.delta), '[]'),
          'trigger_type', coalesce(jsonb_agg(d.trigger_type), '[]'))
        from drawn d),
      'start', (
        select jsonb_build_object(
          'concept_tag', coalesce(jsonb_agg(m.concept_tag), '[]'),
          'decay_factor', coalesce(jsonb_agg(m.decay_factor), '[]'),
          'at', coalesce(jsonb_agg(date_part('epoch', earlier.created_at)), '[]'),
          'score', coalesce(jsonb_agg(earlier.mastery_score), '[]'))
        from public.student_mastery m
        left join lateral (
          select h.mastery_score, h.created_at
          from public.mastery_history h
          where h.user_id = learner and h.concept_tag = m.concept_tag and h.trigger_type <> 'decay' and h.created_at <= since
          order by h.created_at desc, h.interaction_id desc
          limit 1
        ) earlier on true
        where m.user_id = learner and m.concept_tag = any (concepts))));
end
$$;

-- A learner's days between two moments: how every concept stood before, and how it closed each day it was practised.
create function public.learner_days(learner uuid, since timestamptz, until timestamptz default now())
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  perform private.require_visible(learner);
  return (
    with closings as (
      select d.concept_tag, d.closed_at, d.closing_score, d.observations
      from public.mastery_daily d
      where d.user_id = learner and d.day >= private.utc_day(since) and d.day < private.utc_day(until)
      union all
      select m.concept_tag, earlier.created_at, earlier.mastery_score, earlier.opportunity
      from public.student_mastery m
      cross join lateral (
        select h.mastery_score, h.created_at, h.opportunity
        from public.mastery_history h
        where h.user_id = learner and h.concept_tag = m.concept_tag and h.trigger_type <> 'decay'
          and h.created_at < date_trunc('day', since, 'UTC')
        order by h.created_at desc, h.interaction_id desc
        limit 1
      ) earlier
      where m.user_id = learner
      union all
      (select distinct on (h.concept_tag) h.concept_tag, h.created_at, h.mastery_score,
              count(*) filter (where h.trigger_type <> 'reset') over (partition by h.concept_tag)
       from public.mastery_history h
       where h.user_id = learner and h.trigger_type <> 'decay' and h.created_at >= date_trunc('day', until, 'UTC') and h.created_at <= until
       order by h.concept_tag, h.created_at desc, h.interaction_id desc)
    )
    select jsonb_build_object(
      'decay_factors', (select coalesce(jsonb_object_agg(m.concept_tag, m.decay_factor), '{}') from public.student_mastery m where m.user_id = learner),
      'settings', (select to_jsonb(settings) - 'only_row' from public.mastery_settings settings),
      'concept_tag', coalesce(jsonb_agg(c.concept_tag), '[]'),
      'at', coalesce(jsonb_agg(date_part('epoch', c.closed_at)), '[]'),
      'score', coalesce(jsonb_agg(c.closing_score), '[]'),
      'observations', coalesce(jsonb_agg(c.observations), '[]'))
    from closings c);
end
$$;

create function private.role_of(person uuid) returns text language sql stable security definer set search_path = '' as $$
  select coalesce(raw_app_meta_data ->> 'role', 'student') from auth.users
  where id = person and (private.is_service() or id = auth.uid())
$$;

-- One person, as far as the one who asks may see.
create function public.person(person uuid) returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  perform private.require_visible(person);
  return (
    select jsonb_build_object(
      'id', p.id, 'display_name', p.display_name, 'role', private.role_of(p.id), 'time_zone', p.time_zone,
      'cohorts', (select coalesce(jsonb_agg(c.name order by c.name), '[]')
                  from public.cohort_members m join public.cohorts c on c.id = m.cohort_id where m.user_id = p.id),
      'interactions', (select coalesce(sum(observations), 0) from public.student_mastery where user_id = p.id),
      'first_activity', (select min(created_at) from public.mastery_history where user_id = p.id),
      'last_activity', (select max(last_assessed_at) from public.student_mastery where user_id = p.id))
    from public.profiles p where p.id = person.person);
end
$$;

-- Everybody, for those who keep the house: by name, students last, at most so many, and how many there are.
create function public.people(search text default null, max_people integer default 200)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  perform private.require_service();
  return private.people(search, max_people);
end
$$;

create function private.people(search text, max_people integer) returns jsonb language sql stable security definer set search_path = '' as $$
  with found as (
    select p.id, p.display_name, coalesce(u.raw_app_meta_data ->> 'role', 'student') as role, count(*) over () as total
    from public.profiles p join auth.users u using (id)
    where search is null or position(lower(search) in lower(p.display_name)) > 0
    order by coalesce(u.raw_app_meta_data ->> 'role', 'student') = 'student', lower(p.display_name), p.id
    limit max_people
  )
  select jsonb_build_object('total', coalesce(max(f.total), 0), 'people', coalesce(jsonb_agg(jsonb_build_object(
      'id', f.id, 'display_name', f.display_name, 'role', f.role,
      'cohorts', (select coalesce(jsonb_agg(c.name order by c.name), '[]')
                  from public.cohort_members m join public.cohorts c on c.id = m.cohort_id where m.user_id = f.id),
      'interactions', standing.interactions, 'last_activity', standing.last_activity)
    order by f.role = 'student', lower(f.display_name), f.id), '[]'))
  from found f
  left join lateral (
    select coalesce(sum(m.observations), 0) as interactions, max(m.last_assessed_at) as last_activity
    from public.student_mastery m where m.user_id = f.id
  ) standing on true
$$;

-- How much there is, for those who keep the house.
create function public.status() returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  perform private.require_service();
  return jsonb_build_object(
    'people', (select count(*) from public.profiles),
    'cohorts', (select count(*) from public.cohorts),
    'interactions', (select count(*) from public.interactions),
    'history_rows', (select count(*) from public.mastery_history),
    'sessions', (select count(*) from public.learning_sessions),
    'concepts', (select count(distinct concept_tag) from public.student_mastery),
    'without_history', (select count(*) from public.student_mastery where last_interaction_id is null),
    'first_activity', (select min(created_at) from public.interactions),
    'last_activity', (select max(created_at) from public.interactions),
    'settings', (select to_jsonb(s) - 'only_row' from public.mastery_settings s),
    'database', current_setting('server_version'));
end
$$;
