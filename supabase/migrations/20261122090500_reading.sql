-- What may be asked. These functions run as the one who asks: row-level security decides what there is.
-- Lists come as columns (one array a column, all of one length): half the size, and numpy takes them as they are. The plans are those of
-- any learner: making a new one for each would cost more than the answer.

-- Every concept of a learner as last practised by a moment, with the running totals by then. The cost is one probe of an index a
-- concept, however long or often it was practised.
create function private.standing_at(learner uuid, moment timestamptz)
returns table (
  concept_tag text, mastery_score float, last_assessed_at timestamptz, decay_factor float, observations integer,
  practised float, forgotten float, correct integer, graded integer)
language sql stable as $$
  select m.concept_tag, m.mastery_score, m.last_assessed_at, m.decay_factor, m.observations, m.practised, m.forgotten, m.correct, m.graded
  from public.student_mastery m
  where m.user_id = learner and (m.last_assessed_at <= moment or m.last_assessed_at is null)
  union all
  select m.concept_tag, h.mastery_score, h.created_at, m.decay_factor, h.opportunity, h.practised, h.forgotten, h.correct, h.graded
  from public.student_mastery m
  cross join lateral (
    select *
    from public.mastery_history h
    where h.user_id = learner and h.concept_tag = m.concept_tag and h.trigger_type <> 'decay' and h.created_at <= moment
    order by h.created_at desc, h.interaction_id desc
    limit 1
  ) h
  where m.user_id = learner and m.last_assessed_at > moment
$$;

-- Where a learner stands at a moment: every concept as last practised by then, and the practice of the days before.
create function public.learner_mastery(learner uuid, at timestamptz default now(), concepts text[] default null, window_days float default 7)
returns jsonb language plpgsql stable security invoker set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
declare
  before_window timestamptz := at - window_days * interval '1 day' - interval '1 microsecond';
begin
  perform private.require_visible(learner);
  return (
    select jsonb_build_object(
      'settings', (select to_jsonb(settings) - 'only_row' from public.mastery_settings settings),
      'concept_tag', coalesce(jsonb_agg(s.concept_tag), '[]'),
      'stored_score', coalesce(jsonb_agg(s.mastery_score), '[]'),
      'last_assessed_at', coalesce(jsonb_agg(s.last_assessed_at), '[]'),
      'observations', coalesce(jsonb_agg(s.observations), '[]'),
      'decay_factor', coalesce(jsonb_agg(s.decay_factor), '[]'),
      'recent_delta', coalesce(jsonb_agg(s.practised - coalesce(earlier.practised, 0)), '[]'),
      'recent_forgetting', coalesce(jsonb_agg(s.forgotten - coalesce(earlier.forgotten, 0)), '[]'),
      'recent_events', coalesce(jsonb_agg(s.observations - coalesce(earlier.observations, 0)), '[]'))
    from private.standing_at(learner, at) s
    left join private.standing_at(learner, before_window) earlier using (concept_tag)
    where concepts is null or s.concept_tag = any (concepts));
end
$$;

-- What came of a learner's practice between two moments, in sums.
create function public.learner_practice(learner uuid, since timestamptz, until timestamptz default now())
returns jsonb language plpgsql stable security invoker set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
declare
  before timestamptz := since - interval '1 microsecond';
begin
  perform private.require_visible(learner);
  return (
    select jsonb_build_object(
      'observations', coalesce(sum(s.observations - coalesce(earlier.observations, 0)), 0),
      'correct', coalesce(sum(s.correct - coalesce(earlier.correct, 0)), 0),
      'graded', coalesce(sum(s.graded - coalesce(earlier.graded, 0)), 0),
      'practised', coalesce(sum(s.practised - coalesce(earlier.practised, 0)), 0),
      'forgotten', coalesce(sum(s.forgotten - coalesce(earlier.forgotten, 0)), 0),
      'concepts', count(*) filter (where s.observations > coalesce(earlier.observations, 0)),
      'days_practised', private.days_practised(learner, since, until))
    from private.standing_at(learner, until) s
    left join private.standing_at(learner, before) earlier using (concept_tag));
end
$$;

-- UTC days with practice between two moments: whole days by their rows, the last day by what happened up to the end.
create function private.days_practised(learner uuid, since timestamptz, until timestamptz) returns bigint language sql stable as $$
  select (
    select count(distinct d.day) from public.mastery_daily d
    where d.user_id = learner and d.day >= private.utc_day(since) and d.day < private.utc_day(until) and d.closed_at >= since and d.observations > 0
  ) + exists (
    select from public.mastery_history h
    where h.user_id = learner and h.created_at >= greatest(since, date_trunc('day', until, 'UTC')) and h.created_at <= until
      and h.trigger_type not in ('decay', 'reset')
  )::integer
$$;

-- The rows of the history between two moments, newest first.
create function public.learner_history(learner uuid, concept text default null, since timestamptz default '-infinity', until timestamptz default now(), max_rows integer default 100)
returns jsonb language plpgsql stable security invoker set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
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

-- What a curve is drawn from: for each concept the state it starts from and its practice steps between two moments, thinned: of each
-- of so many equal stretches of time the first, last, lowest and highest step (M4: Jugel et al., "M4: a visualization-oriented time
-- series data aggregation", PVLDB 7(10), 2014).
create function public.learner_curves(learner uuid, concepts text[], since timestamptz, until timestamptz default now(), stretches integer default 200)
returns jsonb language plpgsql stable security invoker set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
begin
  perform private.require_visible(learner);
  return (
    with steps as (
      select h.concept_tag, h.created_at, h.interaction_id, h.mastery_score, h.delta, h.trigger_type,
             width_bucket(date_part('epoch', h.created_at), date_part('epoch', since), date_part('epoch', until) + 1, stretches) as stretch
      from public.mastery_history h
      where h.user_id = learner and h.concept_tag = any (concepts) and h.trigger_type <> 'decay'
        and h.created_at > since and h.created_at <= until
    ),
    ranked as (
      select *,
             lag(stretch) over in_time is null as is_first, lead(stretch) over in_time is null as is_last,
             min(mastery_score) over all_of_it as lowest, min(mastery_score) over until_here as lowest_before,
             max(mastery_score) over all_of_it as highest, max(mastery_score) over until_here as highest_before
      from steps
      window in_time as (partition by concept_tag, stretch order by created_at, interaction_id),
             all_of_it as (in_time rows between unbounded preceding and unbounded following),
             until_here as (in_time rows between unbounded preceding and 1 preceding)
    ),
    drawn as (
      select concept_tag,
             jsonb_agg(date_part('epoch', created_at) order by created_at, interaction_id) as at,
             jsonb_agg(mastery_score order by created_at, interaction_id) as score,
             jsonb_agg(delta order by created_at, interaction_id) as delta,
             jsonb_agg(trigger_type order by created_at, interaction_id) as trigger_type
      from ranked
      where is_first or is_last
         or mastery_score = lowest and lowest_before > lowest
         or mastery_score = highest and highest_before < highest
      group by concept_tag
    )
    select jsonb_build_object(
      'settings', (select to_jsonb(settings) - 'only_row' from public.mastery_settings settings),
      'curves', coalesce(jsonb_object_agg(m.concept_tag, jsonb_build_object(
        'decay_factor', m.decay_factor, 'start_at', date_part('epoch', s.last_assessed_at), 'start_score', s.mastery_score,
        'at', coalesce(d.at, '[]'), 'score', coalesce(d.score, '[]'), 'delta', coalesce(d.delta, '[]'),
        'trigger_type', coalesce(d.trigger_type, '[]'))), '{}'))
    from public.student_mastery m
    left join (select * from private.standing_at(learner, since) where concept_tag = any (concepts)) s using (concept_tag)
    left join drawn d using (concept_tag)
    where m.user_id = learner and m.concept_tag = any (concepts) and (s.concept_tag is not null or d.concept_tag is not null));
end
$$;

-- A learner's days between two moments: how every concept stood before, and how it closed each day it was practised.
create function public.learner_days(learner uuid, since timestamptz, until timestamptz default now())
returns jsonb language plpgsql stable security invoker set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
declare
  before timestamptz := date_trunc('day', since, 'UTC') - interval '1 microsecond';
  last_day timestamptz := date_trunc('day', until, 'UTC');
  first_date date := private.utc_day(since);
  last_date date := private.utc_day(until);
begin
  perform private.require_visible(learner);
  return (
    with closings as (
      select s.concept_tag, s.last_assessed_at, s.mastery_score, s.observations
      from private.standing_at(learner, before) s
      where s.last_assessed_at is not null
      union all
      select d.concept_tag, d.closed_at, d.closing_score, d.observations
      from public.mastery_daily d
      where d.user_id = learner and d.day >= first_date and d.day < last_date
      union all
      (select distinct on (h.concept_tag) h.concept_tag, h.created_at, h.mastery_score,
              count(*) filter (where h.trigger_type <> 'reset') over (partition by h.concept_tag)
       from public.mastery_history h
       where h.user_id = learner and h.trigger_type <> 'decay' and h.created_at >= last_day and h.created_at <= until
       order by h.concept_tag, h.created_at desc, h.interaction_id desc)
    )
    select jsonb_build_object(
      'settings', (select to_jsonb(settings) - 'only_row' from public.mastery_settings settings),
      'decay_factors', (select coalesce(jsonb_object_agg(m.concept_tag, m.decay_factor), '{}') from public.student_mastery m where m.user_id = learner),
      'closings', coalesce(jsonb_object_agg(c.concept_tag, jsonb_build_array(c.at, c.score, c.observations)), '{}'))
    from (
      select concept_tag, jsonb_agg(date_part('epoch', last_assessed_at)) as at, jsonb_agg(mastery_score) as score, jsonb_agg(observations) as observations
      from closings group by concept_tag
    ) c);
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
