-- Everything that follows from the log, made again from the log.

set check_function_bodies = off;

-- Ended sessions get their summary (again).
create function private.summarise_sessions(sessions uuid[]) returns void language plpgsql set search_path = '' as $$
begin
  update public.learning_sessions s
  set concepts_touched = coalesce(sums.concepts, '{}'),
      mastery_gained = coalesce(sums.gained, '{}'),
      total_interactions = (select count(*) from public.interactions i where i.session_id = s.id)
  from unnest(sessions) as wanted (id)
  left join (
    select session_id, array_agg(concept_tag order by concept_tag) as concepts, jsonb_object_agg(concept_tag, delta) as gained
    from (
      select i.session_id, h.concept_tag, sum(h.delta) as delta
      from public.interactions i
      join public.mastery_history h on h.user_id = i.student_id and h.created_at = i.created_at and h.interaction_id = i.id
      where i.session_id = any (sessions) and h.trigger_type not in ('decay', 'reset')
      group by i.session_id, h.concept_tag
    ) of_concept
    group by session_id
  ) sums on sums.session_id = wanted.id
  where s.id = wanted.id and s.ended_at is not null;
end
$$;

-- Fold the log again for pairs of a learner and a concept, each from the UTC day of a moment on (null: from the start).
-- The three arrays run in parallel. Returns the number of interactions folded. Callers hold the learners' locks.
create function private.refold(learners uuid[], concepts text[], since timestamptz[])
returns bigint language plpgsql
set search_path = '' set work_mem = '128MB' set plan_cache_mode = 'force_custom_plan' as $$
declare
  folded_rows bigint;
  sessions uuid[];
begin
  since := array(select date_trunc('day', at, 'UTC') from unnest(since) with ordinality as u (at, n) order by n);

  delete from public.mastery_history h
  using unnest(learners, concepts, since) as pair (learner, concept, since_day)
  where h.user_id = pair.learner and h.concept_tag = pair.concept and (since_day is null or h.created_at >= since_day);

  delete from public.mastery_daily d
  using unnest(learners, concepts, since) as pair (learner, concept, since_day)
  where d.user_id = pair.learner and d.concept_tag = pair.concept and (since_day is null or d.day >= (since_day at time zone 'UTC')::date);

  with pairs as materialized (
    select pair.learner, pair.concept, pair.since_day, settings.decay_period_days,
           coalesce(mastery.decay_factor, settings.decay_factor) as decay_factor,
           coalesce(earlier.mastery_score, settings.initial_score) as start_score,
           earlier.created_at as start_at, earlier.interaction_id as start_id, coalesce(earlier.opportunity, 0) as start_opportunity,
           coalesce(earlier.practised, 0) as start_practised, coalesce(earlier.forgotten, 0) as start_forgotten,
           coalesce(earlier.correct, 0) as start_correct, coalesce(earlier.graded, 0) as start_graded
    from unnest(learners, concepts, since) as pair (learner, concept, since_day)
    cross join public.mastery_settings settings
    left join public.student_mastery mastery on mastery.user_id = pair.learner and mastery.concept_tag = pair.concept
    left join lateral (
      select h.*
      from public.mastery_history h
      where h.user_id = pair.learner and h.concept_tag = pair.concept and h.trigger_type <> 'decay' and h.created_at < pair.since_day
      order by h.created_at desc, h.interaction_id desc
      limit 1
    ) earlier on true
  ),
  events as (
    select i.id, i.student_id, i.concept_focus, i.created_at, i.session_id, i.reset_to, pairs.*,
           coalesce(i.custom_delta, rule.delta) as delta, rule.trigger_type, rule.is_correct
    from pairs
    join public.interactions i on i.student_id = pairs.learner and i.concept_focus = pairs.concept
      and i.created_at >= coalesce(pairs.since_day, '-infinity')
    join public.outcome_rules rule on rule.outcome = i.outcome
  ),
  ordered as (
    select *,
           date_part('epoch', created_at - coalesce(lag(created_at) over in_order, start_at)) / 86400 as elapsed_days,
           coalesce(lag(created_at) over in_order, start_at) as previous_at,
           (created_at at time zone 'UTC')::date is distinct from (lag(created_at) over in_order at time zone 'UTC')::date as opens_day,
           row_number() over in_order as nth,
           lead(id) over in_order is null as is_last,
           (created_at at time zone 'UTC')::date as day,
           (created_at at time zone 'UTC')::date is distinct from (lead(created_at) over in_order at time zone 'UTC')::date as closes_day
    from events
    window in_order as (partition by student_id, concept_focus order by created_at, id)
  ),
  scores as (
    select student_id, concept_focus, private.fold(
      min(start_score), min(decay_factor), min(decay_period_days),
      array_agg(elapsed_days order by nth), array_agg(delta order by nth), array_agg(reset_to order by nth)) as of_pair
    from ordered
    group by student_id, concept_focus
  ),
  folded as (
    select ordered.*, coalesce(of_pair[2 * nth - 2], start_score) as before, of_pair[2 * nth - 1] as decayed, of_pair[2 * nth] as score
    from ordered join scores using (student_id, concept_focus)
  ),
  totalled as materialized (
    select id, student_id, concept_focus, created_at, session_id, trigger_type, is_correct, decay_factor, is_last, day, opens_day, closes_day,
           previous_at, before, decayed, score,
           start_opportunity + count(*) filter (where trigger_type <> 'reset') over running as opportunity,
           start_practised + coalesce(sum(score - decayed) filter (where trigger_type <> 'reset') over running, 0) as practised,
           start_forgotten + sum(decayed - before) over running as forgotten,
           start_correct + count(*) filter (where is_correct) over running as correct,
           start_graded + count(is_correct) over running as graded
    from folded
    window running as (partition by student_id, concept_focus order by created_at, id rows between unbounded preceding and current row)
  ),
  history as (
    insert into public.mastery_history
      (interaction_id, user_id, concept_tag, mastery_score, delta, trigger_type, opportunity, is_correct,
       practised, forgotten, correct, graded, session_id, created_at)
    select id, student_id, concept_focus, decayed, decayed - before, 'decay', opportunity, null,
           practised, forgotten, correct, graded, session_id, created_at
    from totalled
    where decayed <> before
    union all
    select id, student_id, concept_focus, score, score - decayed, trigger_type, opportunity, is_correct,
           practised, forgotten, correct, graded, session_id, created_at
    from totalled
  ),
  daily as (
    insert into public.mastery_daily
      (user_id, day, concept_tag, closing_score, closed_at, previous_at, gained, lost, forgotten, adjusted, observations, correct, graded,
       opportunity)
    select student_id, day, concept_focus,
           max(score) filter (where closes_day), max(created_at), max(previous_at) filter (where opens_day),
           coalesce(sum(greatest(score - decayed, 0)) filter (where trigger_type <> 'reset'), 0),
           coalesce(sum(least(score - decayed, 0)) filter (where trigger_type <> 'reset'), 0),
           sum(decayed - before),
           coalesce(sum(score - decayed) filter (where trigger_type = 'reset'), 0),
           count(*) filter (where trigger_type <> 'reset'),
           count(*) filter (where is_correct), count(is_correct), max(opportunity)
    from totalled
    group by student_id, concept_focus, day
  ),
  ends as (
    select student_id as learner, concept_focus as concept, score, decay_factor, created_at as at, id, opportunity, practised, forgotten, correct, graded
    from totalled where is_last
    union all
    select learner, concept, start_score, decay_factor, start_at, start_id, start_opportunity,
           start_practised, start_forgotten, start_correct, start_graded
    from pairs
    where start_id is not null
      and not exists (select from events e where e.student_id = pairs.learner and e.concept_focus = pairs.concept)
  ),
  standing as (
    insert into public.student_mastery
      (user_id, concept_tag, mastery_score, decay_factor, last_assessed_at, last_interaction_id, observations, practised, forgotten, correct, graded)
    select learner, concept, score, decay_factor, at, id, opportunity, practised, forgotten, correct, graded from ends
    on conflict (user_id, concept_tag) do update
      set mastery_score = excluded.mastery_score, last_assessed_at = excluded.last_assessed_at,
          last_interaction_id = excluded.last_interaction_id, observations = excluded.observations,
          practised = excluded.practised, forgotten = excluded.forgotten, correct = excluded.correct, graded = excluded.graded
  ),
  gone as (
    delete from public.student_mastery m
    using pairs
    where m.user_id = pairs.learner and m.concept_tag = pairs.concept and m.last_interaction_id is not null
      and not exists (select from ends where ends.learner = pairs.learner and ends.concept = pairs.concept)
  )
  select count(*), array_agg(distinct session_id) filter (where session_id is not null)
  into folded_rows, sessions
  from totalled;

  if sessions is not null then
    perform private.summarise_sessions(sessions);
  end if;
  return folded_rows;
end
$$;

-- A score from before the log gets its history: the recorded outcomes, and a last row, a reset, that ends on the score.
-- The reset is an interaction like any other, so a later replay ends on the same score. Returns how many pairs it was.
-- ``unless_known`` is when to say that a score was put in force of which nothing tells.
create function private.backfill(learner uuid, concept text, unless_known timestamptz default now())
returns bigint language plpgsql set search_path = '' as $$
declare
  resets bigint;
begin
  insert into public.interactions (id, student_id, type, concept_focus, outcome, reset_to, created_at)
  select private.reset_of(m.user_id, m.concept_tag), m.user_id, 'reset', m.concept_tag, 'reset', m.mastery_score,
         greatest(coalesce(m.last_assessed_at, latest.at, unless_known), latest.at)
  from public.student_mastery m
  left join lateral (
    select max(i.created_at) as at from public.interactions i join public.outcome_rules using (outcome)
    where i.student_id = m.user_id and i.concept_focus = m.concept_tag
  ) latest on true
  where m.last_interaction_id is null
    and (backfill.learner is null or m.user_id = backfill.learner) and (backfill.concept is null or m.concept_tag = backfill.concept)
  on conflict (id) do nothing;
  get diagnostics resets = row_count;
  return resets;
end
$$;

create function private.reset_of(learner uuid, concept text) returns uuid language plpgsql immutable set search_path = '' as $$
begin
  return ('ffffffff' || substr(md5(learner || concept), 9))::uuid;
end
$$;
comment on function private.reset_of(uuid, text) is 'Ids begin with ffffffff so that a reset sorts after what happened in the same instant.';

-- Everything of one learner (null: of all), one concept (null: all), from the log.
create function private.replay(learner uuid, concept text) returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  learners uuid[];
  concepts text[];
  resets bigint;
  folded bigint;
begin
  perform private.require_service();
  if learner is not null then
    perform private.lock_learner(learner);
  else
    perform from public.profiles order by id for no key update;
  end if;
  resets := private.backfill(learner, concept);
  select array_agg(pair.student_id), array_agg(pair.concept_focus) into learners, concepts
  from (
    select i.student_id, i.concept_focus from public.interactions i
    where i.student_id is not null and i.concept_focus is not null and i.created_at is not null
      and (replay.learner is null or i.student_id = replay.learner) and (replay.concept is null or i.concept_focus = replay.concept)
    group by i.student_id, i.concept_focus
    union
    select m.user_id, m.concept_tag from public.student_mastery m
    where (replay.learner is null or m.user_id = replay.learner) and (replay.concept is null or m.concept_tag = replay.concept)
  ) pair;
  folded := coalesce(private.refold(learners, concepts, array_fill(null::timestamptz, array[coalesce(cardinality(learners), 0)])), 0);
  return jsonb_build_object('interactions', folded, 'pairs', coalesce(cardinality(learners), 0), 'resets', resets);
end
$$;

create function public.replay(learner uuid default null, concept text default null) returns jsonb
language plpgsql security invoker set search_path = '' as $$
begin
  return private.replay(learner, concept);
end
$$;

-- History for scores that have none. Scores that have one are left as they are; again, it does nothing.
create function public.backfill(learner uuid default null) returns jsonb
language plpgsql security invoker set search_path = '' as $$
begin
  return private.backfill_missing(learner);
end
$$;

create function private.backfill_missing(learner uuid) returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  learners uuid[];
  concepts text[];
  resets bigint;
  folded bigint;
begin
  perform private.require_service();
  perform from public.profiles p where learner is null or p.id = learner order by p.id for no key update;
  resets := private.backfill(learner, null);
  select array_agg(pair.student_id), array_agg(pair.concept_focus) into learners, concepts
  from (
    select distinct i.student_id, i.concept_focus
    from public.interactions i join public.outcome_rules using (outcome)
    where i.student_id is not null and i.concept_focus is not null and i.created_at is not null
      and (backfill_missing.learner is null or i.student_id = backfill_missing.learner)
      and not exists (
        select from public.student_mastery m
        where m.user_id = i.student_id and m.concept_tag = i.concept_focus and m.last_interaction_id is not null)
  ) pair;
  folded := coalesce(private.refold(learners, concepts, array_fill(null::timestamptz, array[coalesce(cardinality(learners), 0)])), 0);
  return jsonb_build_object('interactions', folded, 'pairs', coalesce(cardinality(learners), 0), 'resets', resets);
end
$$;
