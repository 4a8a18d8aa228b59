-- What may be asked about practice itself: attempts, sessions, hours, gaps. Like the reading of standings: the rooms look once whether the
-- learner may be seen, and lists come as columns where they are long.

-- The kind of a step is said in place: a function with a search_path of its own is called for every row.

set check_function_bodies = off;

-- A text that changes whenever something recorded about a learner did, cheap enough to be asked every few seconds.
create function public.learner_pulse(learner uuid) returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.learner_pulse(learner);
end
$$;

create function private.learner_pulse(learner uuid) returns jsonb
language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
begin
  perform private.require_visible(learner);
  return to_jsonb(
    (select concat_ws(' ', count(*), sum(observations), sum(mastery_score), sum(practised), extract(epoch from max(last_assessed_at)))
     from public.student_mastery where user_id = learner)
    || (select concat_ws(' ', '', count(*), count(ended_at), extract(epoch from max(started_at)), extract(epoch from max(ended_at)))
        from public.learning_sessions where user_id = learner));
end
$$;

-- What a learner did on one concept by a moment, newest first: the score when it came, after forgetting, and what it did to it.
create function public.learner_attempts(learner uuid, concept text, until timestamptz default now(), max_rows integer default 20, skip integer default 0)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.learner_attempts(learner, concept, until, max_rows, skip);
end
$$;

create function private.learner_attempts(learner uuid, concept text, until timestamptz, max_rows integer, skip integer)
returns jsonb language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
begin
  perform private.require_visible(learner);
  return (
    with wanted as materialized (
      select h.*
      from public.mastery_history h
      where h.user_id = learner and h.concept_tag = concept and h.trigger_type <> 'decay' and h.created_at <= until
      order by h.created_at desc, h.interaction_id desc
      limit max_rows offset skip
    )
    select coalesce(jsonb_agg(jsonb_build_object(
        'interaction_id', w.interaction_id, 'at', w.created_at, 'kind', case when w.is_correct then 'correct' when not w.is_correct then 'incorrect' else w.trigger_type end,
        'outcome', i.outcome, 'before', w.mastery_score - w.delta, 'after', w.mastery_score, 'delta', w.delta,
        'forgotten', coalesce(d.delta, 0), 'opportunity', w.opportunity, 'session_id', w.session_id)
      order by w.created_at desc, w.interaction_id desc), '[]')
    from wanted w
    left join public.interactions i on i.id = w.interaction_id
    left join public.mastery_history d on d.user_id = learner and d.created_at = w.created_at and d.interaction_id = w.interaction_id
      and d.trigger_type = 'decay');
end
$$;

-- The rows of the history that belong to a session: those that name it and, while a session that was started by hand runs, those of its
-- time that name none.
create function private.history_of_session(session public.learning_sessions, until timestamptz)
returns setof public.mastery_history language sql stable set search_path = '' as $$
  select h.*
  from public.interactions i
  join public.mastery_history h on h.user_id = i.student_id and h.created_at = i.created_at and h.interaction_id = i.id
  where i.session_id = (session).id and h.trigger_type <> 'reset'
  union all
  select h.*
  from public.mastery_history h
  where (session).ended_at is null and (session).metadata ->> 'by_hand' = 'true'
    and h.user_id = (session).user_id and h.created_at >= (session).started_at and h.created_at <= until
    and h.session_id is null
    and not exists (select from public.interactions i where i.id = h.interaction_id and i.reset_to is not null) -- nor the decay before it
$$;

-- What the practice of a session came to, as learner_sessions lists it.
create function private.listed_session(session public.learning_sessions, until timestamptz)
returns jsonb language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'id', (session).id, 'started_at', (session).started_at, 'ended_at', (session).ended_at,
    'by_hand', coalesce((session).metadata ->> 'by_hand' = 'true', false),
    'interactions', count(*), 'graded', count(is_correct), 'correct', count(*) filter (where is_correct),
    'concepts', count(distinct concept_tag),
    'gained', coalesce(sum(delta) filter (where delta > 0), 0), 'lost', coalesce(sum(delta) filter (where delta < 0), 0))
  from private.history_of_session(session, until)
  where trigger_type <> 'decay'
$$;

-- The sessions that a learner started between two moments, newest first.
create function public.learner_sessions(
  learner uuid, since timestamptz default '-infinity', until timestamptz default now(), max_rows integer default 1000)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.learner_sessions(learner, since, until, max_rows);
end
$$;

-- What happened in those that are wanted is one stretch of the history: the times it lies between are found first, so that its plan knows
-- how much that is. A session that runs by hand is looked at by itself.
create function private.learner_sessions(learner uuid, since timestamptz, until timestamptz, max_rows integer)
returns jsonb language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  wanted constant uuid[] := array(
    select id from public.learning_sessions
    where user_id = learner and started_at >= since and started_at <= until
    order by started_at desc, id limit max_rows);
  begins timestamptz;
  ends timestamptz;
begin
  perform private.require_visible(learner);
  select min(created_at), max(created_at) into begins, ends from public.interactions where session_id = any (wanted);
  return (
    with came as (
      select session_id, count(*) as interactions, count(is_correct) as graded, count(*) filter (where is_correct) as correct,
             count(distinct concept_tag) as concepts, sum(greatest(delta, 0)) as gained, sum(least(delta, 0)) as lost
      from public.mastery_history
      where user_id = learner and created_at between begins and ends and session_id = any (wanted) and trigger_type not in ('decay', 'reset')
      group by session_id
    )
    select coalesce(jsonb_agg(
      case
        when s.ended_at is null and s.metadata ->> 'by_hand' = 'true' then private.listed_session(s, until)
        else jsonb_build_object(
          'id', s.id, 'started_at', s.started_at, 'ended_at', s.ended_at, 'by_hand', coalesce(s.metadata ->> 'by_hand' = 'true', false),
          'interactions', coalesce(interactions, 0), 'graded', coalesce(graded, 0), 'correct', coalesce(correct, 0),
          'concepts', coalesce(concepts, 0), 'gained', coalesce(gained, 0), 'lost', coalesce(lost, 0))
      end order by s.started_at desc, s.id), '[]')
    from public.learning_sessions s left join came on came.session_id = s.id
    where s.id = any (wanted));
end
$$;

-- One session: what it came to, by concept, and what happened in it, in order, as far as max_rows go.
create function public.learner_session(session uuid, max_rows integer default 1000)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.learner_session(session, max_rows);
end
$$;

create function private.learner_session(session uuid, max_rows integer)
returns jsonb language plpgsql stable security definer set search_path = '' as $$
declare
  found_one public.learning_sessions;
begin
  select * into found_one from public.learning_sessions where id = session;
  if not found or not private.is_service() and not found_one.user_id = any (private.visible_people()) then
    raise exception 'There is no such session, or not one you may see.' using errcode = 'P0002';
  end if;
  return (
    with rows as materialized (select * from private.history_of_session(found_one, now())),
    events as (select * from rows where trigger_type <> 'decay'),
    first_events as (select * from events order by created_at, interaction_id limit max_rows)
    select jsonb_build_object(
      'user_id', found_one.user_id, 'session', private.listed_session(found_one, now()), 'event_count', (select count(*) from events),
      'by_concept', (
        select coalesce(jsonb_object_agg(concept_tag, jsonb_build_array(gained, lost)), '{}')
        from (
          select concept_tag, coalesce(sum(delta) filter (where delta > 0), 0) as gained, coalesce(sum(delta) filter (where delta < 0), 0) as lost
          from events group by concept_tag
        ) of_concept),
      'events', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'at', e.created_at, 'concept_tag', e.concept_tag, 'kind', case when e.is_correct then 'correct' when not e.is_correct then 'incorrect' else e.trigger_type end, 'outcome', i.outcome,
            'before', e.mastery_score - e.delta, 'after', e.mastery_score, 'delta', e.delta, 'forgotten', coalesce(d.delta, 0),
            'opportunity', e.opportunity)
          order by e.created_at, e.interaction_id), '[]')
        from first_events e
        left join public.interactions i on i.id = e.interaction_id
        left join rows d on d.trigger_type = 'decay' and d.interaction_id = e.interaction_id)));
end
$$;

-- The hours of a time zone in which a learner practised between two moments, and what they came to.
create function public.learner_hours(learner uuid, since timestamptz, until timestamptz default now(), zone text default 'UTC')
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.learner_hours(learner, since, until, zone);
end
$$;

create function private.learner_hours(learner uuid, since timestamptz, until timestamptz, zone text)
returns jsonb language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
declare
  first_at constant timestamptz := (select min(created_at) from public.mastery_history where user_id = learner);
  -- Zones differ by quarters of an hour, so it is enough to ask each quarter for its hour, and not each row. The last zone to differ by
  -- less than that ceased to on 7 January 1972.
  alike constant interval := case when greatest(since, first_at) < '1972-01-08Z' then '1 second' else '15 minutes' end;
begin
  perform private.require_visible(learner);
  return (
    with parts as (
      select date_bin(alike, created_at, timestamptz 'epoch') as at, count(*) as observations, count(is_correct) as graded,
             count(*) filter (where is_correct) as correct, sum(greatest(delta, 0)) as gained, sum(least(delta, 0)) as lost,
             count(*) filter (where session_id is null) as outside
      from public.mastery_history
      where user_id = learner and created_at >= since and created_at <= until and trigger_type not in ('decay', 'reset')
      group by 1
    ),
    hours as (
      select date_trunc('hour', at at time zone zone) as hour, sum(observations) as observations, sum(graded) as graded,
             sum(correct) as correct, sum(gained) as gained, sum(lost) as lost, sum(outside) as outside
      from parts
      group by 1
    )
    select jsonb_build_object(
      'hour', coalesce(to_jsonb(array_agg(hour order by hour)), '[]'),
      'observations', coalesce(to_jsonb(array_agg(observations order by hour)), '[]'),
      'graded', coalesce(to_jsonb(array_agg(graded order by hour)), '[]'),
      'correct', coalesce(to_jsonb(array_agg(correct order by hour)), '[]'),
      'gained', coalesce(to_jsonb(array_agg(gained order by hour)), '[]'),
      'lost', coalesce(to_jsonb(array_agg(lost order by hour)), '[]'),
      'outside', coalesce(to_jsonb(array_agg(outside order by hour)), '[]'))
    from hours);
end
$$;

-- Answers between two moments by how long their concept had not been practised: for each class of days, which begins with its edge, how
-- many there were and how many were right. The first practice of a concept has nothing before it and is left out.
create function public.learner_gaps(learner uuid, since timestamptz, until timestamptz default now(), edges float[] default '{0}')
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.learner_gaps(learner, since, until, edges);
end
$$;

create function private.learner_gaps(learner uuid, since timestamptz, until timestamptz, edges float[])
returns jsonb language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
begin
  perform private.require_visible(learner);
  return (
    with steps as (
      select h.concept_tag, h.created_at, h.is_correct, h.trigger_type,
             lag(h.created_at) over (partition by h.concept_tag order by h.created_at, h.interaction_id) as before
      from public.mastery_history h
      where h.user_id = learner and h.created_at >= since and h.created_at <= until and h.trigger_type not in ('decay', 'reset')
    ),
    earlier as ( -- for the first of each concept: one probe of an index
      select concept_tag, last.at
      from (select distinct concept_tag from steps) concepts
      cross join lateral (
        select h.created_at as at from public.mastery_history h
        where h.user_id = learner and h.concept_tag = concepts.concept_tag and h.created_at < since
          and h.trigger_type <> 'decay' and h.trigger_type <> 'reset'
        order by h.created_at desc
        limit 1
      ) last
    ),
    answers as (
      select steps.is_correct, width_bucket(date_part('epoch', steps.created_at - coalesce(steps.before, earlier.at)) / 86400, edges) as class
      from steps left join earlier using (concept_tag)
      where steps.is_correct is not null and coalesce(steps.before, earlier.at) is not null
    )
    select coalesce(jsonb_agg(jsonb_build_array(graded, correct) order by n), '[]')
    from (
      select n, count(answers.is_correct) as graded, count(*) filter (where answers.is_correct) as correct
      from generate_series(1, cardinality(edges)) n left join answers on answers.class = n
      group by n
    ) classes);
end
$$;

-- A learner beside a cohort they are a student of: the middle half of the scores of each concept of which at least five students have
-- enough observations; and the cohorts there are to choose from.
-- Nobody's own score can be read off. The scores are rounded to 5 points before anything is made of them: of exact ones, a learner could
-- shift their own by a hair until a rounded quartile tips, and reckon their neighbour's from it. And they are those at the end of a UTC
-- day, at the latest the last one: with moments of one's own choice one could find the one at which a fading score tips, and so the
-- score, and see when somebody practises.
create function public.learner_group(learner uuid, cohort uuid default null, at timestamptz default now())
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.learner_group(learner, cohort, at);
end
$$;

create function private.learner_group(learner uuid, cohort uuid, at timestamptz)
returns jsonb language plpgsql stable security definer set search_path = '' as $$
declare
  fewest constant integer := 5;
  enough constant integer := 3;
  day_end constant timestamptz := least(date_trunc('day', at, 'UTC') + interval '1 day', date_trunc('day', now(), 'UTC')) - interval '1 microsecond';
  groups jsonb;
  chosen uuid;
begin
  perform private.require_visible(learner);
  select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name, 'learners', c.learners) order by c.name), '[]') into groups
  from (
    select c.id, c.name, (select count(*) from public.cohort_members m where m.cohort_id = c.id and m.role = 'student') as learners
    from public.cohorts c join public.cohort_members own on own.cohort_id = c.id and own.user_id = learner and own.role = 'student'
    where c.archived_at is null
      and (private.is_service() or learner = auth.uid() or c.id = any (private.cohorts_taught()))
  ) c
  where c.learners >= fewest;
  if cohort is not null and not groups @> jsonb_build_array(jsonb_build_object('id', cohort)) then
    raise exception 'There is no such cohort, or not one of five learners or more that you are in.' using errcode = 'P0002';
  end if;
  chosen := coalesce(cohort, (groups -> 0 ->> 'id')::uuid);
  return jsonb_build_object('cohorts', groups, 'cohort_id', chosen, 'concepts', (
    with scores as (
      select s.concept_tag,
             round((private.fold(s.mastery_score, s.decay_factor, settings.decay_period_days,
                                 array[date_part('epoch', day_end - s.last_assessed_at) / 86400], array[0.0]))[1] * 20) / 20 as score
      from public.cohort_members m
      cross join public.mastery_settings settings
      cross join lateral private.standing_at(m.user_id, day_end) s
      where m.cohort_id = chosen and m.role = 'student' and s.observations >= enough
    ),
    quartiles as (
      select concept_tag, count(*) as learners,
             percentile_cont(array[0.25, 0.5, 0.75]) within group (order by score) as at
      from scores group by concept_tag having count(*) >= fewest
    )
    select coalesce(jsonb_agg(jsonb_build_object(
        'concept', concept_tag, 'learners', learners,
        'lower', round(quartiles.at[1] * 20) / 20, 'middle', round(quartiles.at[2] * 20) / 20, 'upper', round(quartiles.at[3] * 20) / 20)
      order by concept_tag), '[]')
    from quartiles));
end
$$;
