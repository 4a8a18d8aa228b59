-- The one way into the log. What public offers is a door; the room behind it, in private, checks who asks.

set check_function_bodies = off;

-- What the caller of an interaction was told; nothing when there is no such interaction of this learner.
create function private.answer_of(learner uuid, interaction uuid) returns jsonb language plpgsql stable set search_path = '' as $$
declare
  known record;
begin
  select i.*, r.trigger_type into known
  from public.interactions i left join public.outcome_rules r using (outcome)
  where i.id = interaction;
  if not found then
    return null;
  elsif known.student_id is distinct from learner then
    raise exception 'The interaction id % is taken.', interaction using errcode = '22023';
  elsif known.answered_new_score is null then -- imported: nobody was told anything yet
    select h.mastery_score - h.delta, h.mastery_score into known.answered_old_score, known.answered_new_score
    from public.mastery_history h
    where h.user_id = learner and h.created_at = known.created_at and h.interaction_id = interaction and h.trigger_type <> 'decay';
  end if;
  return jsonb_build_object(
    'interaction_id', known.id, 'user_id', known.student_id, 'concept_tag', known.concept_focus, 'session_id', known.session_id,
    'trigger_type', known.trigger_type, 'created_at', known.created_at,
    'old_score', known.answered_old_score, 'new_score', known.answered_new_score,
    'delta', known.answered_new_score - known.answered_old_score, 'repeated', true);
end
$$;

create function private.record_outcome(
  learner uuid, concept text, outcome text, interaction uuid, session uuid, custom_delta float, interaction_type text, at timestamptz, metadata jsonb)
returns jsonb language plpgsql security definer set search_path = '' as $$
#variable_conflict use_variable
declare
  now_at record;
  score_before float;
  scores float[];
begin
  perform private.require_writer(learner);
  perform private.require_concept(concept);
  perform private.require_time(at);
  if interaction is null then
    raise exception 'An interaction needs an id.' using errcode = '22023';
  elsif custom_delta is not null and not custom_delta between -1 and 1 then
    raise exception 'A delta lies between -1 and 1; this one is %.', custom_delta using errcode = '22023';
  end if;
  perform from public.profiles where id = learner for no key update;  -- lock_learner, without a call
  if not found then
    perform private.lock_learner(learner);
  end if;

  -- After the lock, in a statement of its own: it sees what the writer before this one left.
  select rule.outcome is not null as is_known_outcome, rule.delta, rule.trigger_type, rule.is_correct,
         settings.decay_period_days, settings.initial_score, coalesce(m.decay_factor, settings.decay_factor) as decay_factor,
         m.user_id is not null as is_standing, m.mastery_score, m.last_assessed_at, m.last_interaction_id,
         coalesce(m.observations, 0) + 1 as opportunity, coalesce(m.practised, 0) as practised, coalesce(m.forgotten, 0) as forgotten,
         coalesce(m.correct, 0) + (rule.is_correct is true)::integer as correct,
         coalesce(m.graded, 0) + (rule.is_correct is not null)::integer as graded,
         exists (select from public.interactions i where i.id = interaction) as is_repeated,
         session is null or exists (select from public.learning_sessions s where s.id = session and s.user_id = learner) as is_own_session
  into now_at
  from public.mastery_settings settings
  left join public.outcome_rules rule on rule.outcome = outcome and rule.trigger_type <> 'reset'
  left join public.student_mastery m on m.user_id = learner and m.concept_tag = concept;

  if now_at.is_repeated then
    return private.answer_of(learner, interaction);
  elsif not now_at.is_known_outcome then
    perform private.rule_of(outcome);
  elsif not now_at.is_own_session then
    raise exception 'There is no session % of this person.', session using errcode = 'P0002';
  elsif (now_at.is_standing and now_at.last_interaction_id is null)
     or (at, interaction) < (now_at.last_assessed_at, now_at.last_interaction_id) then
    return private.record_late(learner, concept, outcome, interaction, session, custom_delta, interaction_type, at, metadata);
  end if;

  score_before := coalesce(now_at.mastery_score, now_at.initial_score);
  scores := private.fold(
    score_before, now_at.decay_factor, now_at.decay_period_days,
    array[date_part('epoch', at - now_at.last_assessed_at) / 86400], array[coalesce(custom_delta, now_at.delta)]);

  insert into public.interactions
    (id, student_id, type, concept_focus, outcome, session_id, custom_delta, metadata, created_at, answered_old_score, answered_new_score)
  values (interaction, learner, interaction_type, concept, outcome, session, custom_delta, metadata, at, scores[1], scores[2]);

  now_at.practised := now_at.practised + (scores[2] - scores[1]);
  now_at.forgotten := now_at.forgotten + (scores[1] - score_before);
  if scores[1] <> score_before then
    insert into public.mastery_history
      (interaction_id, user_id, concept_tag, mastery_score, delta, trigger_type, opportunity, is_correct,
       practised, forgotten, correct, graded, session_id, created_at)
    values
      (interaction, learner, concept, scores[1], scores[1] - score_before, 'decay', now_at.opportunity, null,
       now_at.practised, now_at.forgotten, now_at.correct, now_at.graded, session, at),
      (interaction, learner, concept, scores[2], scores[2] - scores[1], now_at.trigger_type, now_at.opportunity, now_at.is_correct,
       now_at.practised, now_at.forgotten, now_at.correct, now_at.graded, session, at);
  else
    insert into public.mastery_history
      (interaction_id, user_id, concept_tag, mastery_score, delta, trigger_type, opportunity, is_correct,
       practised, forgotten, correct, graded, session_id, created_at)
    values
      (interaction, learner, concept, scores[2], scores[2] - scores[1], now_at.trigger_type, now_at.opportunity, now_at.is_correct,
       now_at.practised, now_at.forgotten, now_at.correct, now_at.graded, session, at);
  end if;

  if now_at.is_standing then
    update public.student_mastery m
    set mastery_score = scores[2], last_assessed_at = at, last_interaction_id = interaction, observations = now_at.opportunity,
        practised = now_at.practised, forgotten = now_at.forgotten, correct = now_at.correct, graded = now_at.graded
    where m.user_id = learner and m.concept_tag = concept;
  else
    insert into public.student_mastery
      (user_id, concept_tag, mastery_score, decay_factor, last_assessed_at, last_interaction_id, observations, practised, forgotten, correct, graded)
    values (learner, concept, scores[2], now_at.decay_factor, at, interaction, 1, now_at.practised, now_at.forgotten, now_at.correct, now_at.graded);
  end if;

  update public.mastery_daily d
  set closing_score = scores[2], closed_at = at, gained = d.gained + greatest(scores[2] - scores[1], 0), lost = d.lost + least(scores[2] - scores[1], 0),
      forgotten = d.forgotten + (scores[1] - score_before), observations = d.observations + 1, opportunity = now_at.opportunity,
      correct = d.correct + (now_at.is_correct is true)::integer, graded = d.graded + (now_at.is_correct is not null)::integer
  where d.user_id = learner and d.day = (at at time zone 'UTC')::date and d.concept_tag = concept;
  if not found then
    insert into public.mastery_daily
      (user_id, day, concept_tag, closing_score, closed_at, previous_at, gained, lost, forgotten, observations, correct, graded, opportunity)
    values (learner, (at at time zone 'UTC')::date, concept, scores[2], at, now_at.last_assessed_at, greatest(scores[2] - scores[1], 0), least(scores[2] - scores[1], 0),
            scores[1] - score_before, 1, (now_at.is_correct is true)::integer, (now_at.is_correct is not null)::integer, now_at.opportunity);
  end if;

  if session is not null then
    perform private.count_in_session(session);
  end if;

  return jsonb_build_object(
    'interaction_id', interaction, 'user_id', learner, 'concept_tag', concept, 'session_id', session,
    'trigger_type', now_at.trigger_type, 'created_at', at,
    'old_score', scores[1], 'new_score', scores[2], 'delta', scores[2] - scores[1], 'repeated', false);
end
$$;

create function private.count_in_session(session uuid) returns void language plpgsql set search_path = '' as $$
declare
  ended boolean;
begin
  update public.learning_sessions set total_interactions = total_interactions + 1 where id = session returning ended_at is not null into ended;
  if ended then
    perform private.summarise_sessions(array[session]);
  end if;
end
$$;

-- An outcome that comes after later ones, or that meets a score from before the log: everything from its day on is folded again.
create function private.record_late(
  learner uuid, concept text, outcome text, interaction uuid, session uuid, custom_delta float, interaction_type text, at timestamptz, metadata jsonb)
returns jsonb language plpgsql set search_path = '' as $$
#variable_conflict use_variable
declare
  since timestamptz := at;
begin
  if private.backfill(learner, concept, at - interval '1 microsecond') > 0 then
    since := null;
  end if;
  insert into public.interactions
    (id, student_id, type, concept_focus, outcome, session_id, custom_delta, metadata, created_at)
  values (interaction, learner, interaction_type, concept, outcome, session, custom_delta, metadata, at);
  perform private.refold(array[learner], array[concept], array[since]);
  if session is not null then
    perform private.count_in_session(session);
  end if;
  update public.interactions i
  set answered_old_score = h.mastery_score - h.delta, answered_new_score = h.mastery_score
  from public.mastery_history h
  where i.id = interaction and h.interaction_id = interaction and h.user_id = learner and h.created_at = at and h.trigger_type <> 'decay';
  return private.answer_of(learner, interaction) || '{"repeated": false}';
end
$$;

-- Record one outcome: the interaction, what time took since the last one, what it was worth, the day's row and the session's counter;
-- all or nothing. The same interaction id again changes nothing and returns the first answer.
create function public.record_outcome(
  learner uuid, concept text, outcome text, interaction uuid, session uuid default null, custom_delta float default null,
  interaction_type text default 'quiz_attempt', at timestamptz default now(), metadata jsonb default null)
returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.record_outcome(learner, concept, outcome, interaction, session, custom_delta, interaction_type, at, metadata);
end
$$;

-- Record many outcomes, in the order given; all or nothing, and an answer for each. Objects: id, learner, concept, outcome, and as wanted
-- session, custom_delta, type, at, metadata. What is wrong is said with the position of its outcome.
create function public.record_outcomes(outcomes jsonb) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.record_outcomes(outcomes);
end
$$;

create function private.record_outcomes(outcomes jsonb) returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  nth integer := 0;
  element jsonb;
  given record;
  learners uuid[];
  answers jsonb[];
  state text;
  sentence text;
begin
  if jsonb_typeof(outcomes) is distinct from 'array' or jsonb_array_length(outcomes) not between 1 and 1000 then
    raise exception 'Outcomes come as a list of 1 to 1,000.' using errcode = '22023';
  end if;
  for element in select value from jsonb_array_elements(outcomes) loop
    nth := nth + 1;
    if jsonb_typeof(element) <> 'object' then
      raise exception 'An outcome is an object with id, learner, concept and outcome.' using errcode = '22023';
    end if;
    learners[nth] := element ->> 'learner';
    perform private.require_writer(learners[nth]);
  end loop;
  -- All of them before the first write, in one order: of two batches with the same learners one waits, and neither for the other.
  perform from public.profiles where id = any (learners) order by id for no key update;

  nth := 0;
  for element in select value from jsonb_array_elements(outcomes) loop
    nth := nth + 1;
    select * into given
    from jsonb_to_record(element) as row (
      id uuid, learner uuid, concept text, outcome text, session uuid, custom_delta float, type text, at timestamptz, metadata jsonb);
    answers[nth] := private.record_outcome(
      given.learner, given.concept, given.outcome, given.id, given.session, given.custom_delta,
      coalesce(given.type, 'quiz_attempt'), coalesce(given.at, now()), given.metadata);
  end loop;
  return to_jsonb(answers);
exception when others then
  get stacked diagnostics state = returned_sqlstate, sentence = message_text;
  raise exception '%', case when nth > 0 then format('Outcome %s: ', nth) else '' end || sentence using errcode = state;
end
$$;

create function public.start_session(learner uuid, session uuid, at timestamptz default now(), metadata jsonb default null)
returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.start_session(learner, session, at, metadata);
end
$$;

create function private.start_session(learner uuid, session uuid, at timestamptz, metadata jsonb)
returns jsonb language plpgsql security definer set search_path = '' as $$
begin
  perform private.require_writer(learner);
  perform private.require_time(at);
  perform private.lock_learner(learner);
  insert into public.learning_sessions (id, user_id, started_at, metadata) values (session, learner, at, start_session.metadata)
  on conflict (id) do nothing;
  if not exists (select from public.learning_sessions where id = session and user_id = learner) then
    raise exception 'The session id % is taken.', session using errcode = '22023';
  end if;
  return to_jsonb(session);
end
$$;

-- End a session of one's own and sum it up. Ending it again returns the same summary.
create function public.end_session(session uuid, at timestamptz default now())
returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.end_session(session, at);
end
$$;

create function private.end_session(session uuid, at timestamptz)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  found_one public.learning_sessions;
begin
  perform private.require_time(at);
  select * into found_one from public.learning_sessions where id = session;
  if not found or (not private.is_service() and found_one.user_id is distinct from auth.uid()) then
    raise exception 'There is no session % of yours.', session using errcode = 'P0002';
  end if;
  perform private.lock_learner(found_one.user_id);
  if not exists (select from public.learning_sessions where id = session) then -- erased while this waited
    raise exception 'There is no session % of yours.', session using errcode = 'P0002';
  end if;
  update public.learning_sessions set ended_at = greatest(at, private.own_start(session)) where id = session and ended_at is null;
  if found then
    perform private.gather_session(session);
    perform private.summarise_sessions(array[session]);
  end if;
  return (
    select jsonb_build_object(
      'session_id', s.id, 'concepts_touched', s.concepts_touched, 'total_interactions', s.total_interactions,
      'mastery_gained', s.mastery_gained, 'started_at', s.started_at, 'ended_at', s.ended_at)
    from public.learning_sessions s where s.id = session);
end
$$;

-- A session that was started by hand takes in what was recorded without a session while it ran.
create function private.gather_session(session uuid) returns void language plpgsql set search_path = '' as $$
begin
  with gathered as (
    update public.mastery_history h
    set session_id = s.id
    from public.learning_sessions s
    where s.id = session and s.metadata ->> 'by_hand' = 'true' and h.user_id = s.user_id and h.session_id is null
      and h.created_at between private.own_start(session) and s.ended_at
      and not exists (select from public.interactions i where i.id = h.interaction_id and i.reset_to is not null) -- nor the decay before it
    returning h.interaction_id, h.user_id, h.concept_tag, (h.created_at at time zone 'UTC')::date as day
  ),
  touched as ( -- whose history changes, their daily row is written anew: an extract knows by it what to read again
    update public.mastery_daily d set closed_at = d.closed_at
    from (select distinct g.user_id, g.concept_tag, g.day from gathered g) g
    where d.user_id = g.user_id and d.day = g.day and d.concept_tag = g.concept_tag
  )
  update public.interactions set session_id = session where id in (select interaction_id from gathered);
end
$$;

-- Many outcomes from elsewhere at once, oldest scores included: people and sessions are made as needed, rows whose id is known are left
-- alone, and what follows from the new ones is folded again. Rows: id, learner, learner_name, concept, outcome, at, session, type.
create function public.import_outcomes(rows jsonb, cohort text default null)
returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.import_outcomes(rows, cohort);
end
$$;

create function private.import_outcomes(rows jsonb, cohort text)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  into_cohort uuid;
begin
  perform private.require_service();
  if rows in ('[]', '{}') then -- the latter: an empty list from a client that does not know what would have been in it
    return jsonb_build_object('imported', 0, 'already_there', 0, 'learners', 0);
  end if;
  if cohort is not null then
    into_cohort := private.cohort_named(cohort, true);
  end if;
  return private.take_in(rows, into_cohort, null);
end
$$;

-- The rows of import_outcomes; their learners into a cohort, where one is given. With an import, what is made is marked with it, and what
-- is changed of what was there before is kept, so that it can be undone. Then no row's id is known yet: see import_practice.
create function private.take_in(rows jsonb, cohort uuid, import uuid)
returns jsonb language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  given constant integer := jsonb_array_length(rows);
  people uuid[];
  foreign_session uuid;
  added integer;
  learners uuid[];
  concepts text[];
  since timestamptz[];
begin
  perform private.require_concept(name) from (select distinct row ->> 'concept' as name from jsonb_array_elements(rows) row) named;
  perform private.rule_of(name) from (select distinct row ->> 'outcome' as name from jsonb_array_elements(rows) row) named;
  perform private.require_time((row ->> 'at')::timestamptz) from jsonb_array_elements(rows) row;

  with made as (
    insert into auth.users (id, raw_user_meta_data)
    select distinct on (learner) learner, jsonb_build_object('display_name', learner_name)
    from jsonb_to_recordset(rows) as row (learner uuid, learner_name text)
    order by learner
    on conflict (id) do nothing
    returning id
  )
  select coalesce(array_agg(id), '{}') into people from made;

  if cohort is not null then
    insert into public.cohort_members (cohort_id, user_id, import_id)
    select distinct cohort, learner, import from jsonb_to_recordset(rows) as row (learner uuid)
    order by learner
    on conflict do nothing;
  end if;

  perform from public.profiles p
  where p.id in (select learner from jsonb_to_recordset(rows) as row (learner uuid))
  order by p.id for no key update;

  if import is not null then
    update public.profiles set import_id = import where id = any (people);
    perform private.keep_bounds(rows);
    perform private.log_scores(rows);
  elsif exists (select from public.imports) then
    rows := private.without_imported(rows);
    perform private.extend_bounds(rows);
  end if;

  insert into public.learning_sessions as s (id, user_id, started_at, ended_at, import_id)
  select session, (array_agg(learner))[1], min(at), max(at), import
  from jsonb_to_recordset(rows) as row (learner uuid, session uuid, at timestamptz)
  where session is not null
  group by session
  on conflict (id) do update -- one that still runs goes on
    set started_at = least(s.started_at, excluded.started_at),
        ended_at = case when s.ended_at is not null then greatest(s.ended_at, excluded.ended_at) end
    where s.started_at > excluded.started_at or s.ended_at < excluded.ended_at;

  select s.id into foreign_session
  from jsonb_to_recordset(rows) as row (learner uuid, session uuid) join public.learning_sessions s on s.id = row.session
  where s.user_id <> row.learner limit 1;
  if found then
    raise exception 'The session % is of another learner.', foreign_session using errcode = '22023';
  end if;

  with new as (
    insert into public.interactions (id, student_id, type, concept_focus, outcome, session_id, created_at, import_id)
    select id, learner, type, concept, outcome, session, at, import
    from jsonb_to_recordset(rows) as row (id uuid, learner uuid, type text, concept text, outcome text, session uuid, at timestamptz)
    on conflict (id) do nothing
    returning student_id, concept_focus, created_at, session_id
  ),
  in_running_sessions as ( -- the others are summed up when their scores are folded
    update public.learning_sessions s set total_interactions = s.total_interactions + of_session.n
    from (select session_id, count(*) as n from new where session_id is not null group by session_id) of_session
    where s.id = of_session.session_id and s.ended_at is null
  ),
  pairs as (select student_id, concept_focus, min(created_at) as first_at, count(*) as n from new group by student_id, concept_focus)
  select coalesce(sum(n), 0), array_agg(student_id), array_agg(concept_focus), array_agg(first_at)
  into added, learners, concepts, since
  from pairs;

  if added > 0 then
    since := private.backfill_pairs(learners, concepts, since);
    perform private.refold(learners, concepts, since);
  end if;
  return jsonb_build_object('imported', added, 'already_there', given - added, 'learners', cardinality(people));
end
$$;

-- When a session began, apart from what imports have added to it.
create function private.own_start(session uuid) returns timestamptz language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(b.started_at, s.started_at)
    from public.learning_sessions s left join private.session_bounds b on b.session_id = s.id where s.id = session);
end
$$;

-- Sessions of their own that an import's rows are of keep their bounds beside them.
create function private.keep_bounds(rows jsonb) returns void language plpgsql set search_path = '' as $$
begin
  insert into private.session_bounds as b (session_id, started_at, ended_at)
  select s.id, s.started_at, s.ended_at from public.learning_sessions s
  where s.import_id is null and s.id in (select session from jsonb_to_recordset(rows) as row (session uuid))
  on conflict (session_id) do update set ended_at = excluded.ended_at where b.ended_at is null and excluded.ended_at is not null;
end
$$;

-- What comes other than by an import extends the bounds that such a session has of its own.
create function private.extend_bounds(rows jsonb) returns void language plpgsql set search_path = '' as $$
begin
  update private.session_bounds b
  set started_at = least(b.started_at, given.first_at),
      ended_at = case when s.ended_at is not null then greatest(coalesce(b.ended_at, s.ended_at), given.last_at) end
  from (
    select session, min(at) as first_at, max(at) as last_at
    from jsonb_to_recordset(rows) as row (session uuid, at timestamptz) group by session
  ) given
  join public.learning_sessions s on s.id = given.session
  where b.session_id = given.session;
end
$$;

-- Scores from before the log go into it before an import's rows do, and what they were is kept.
create function private.log_scores(rows jsonb) returns void language plpgsql set search_path = '' as $$
declare
  score record;
begin
  for score in
    select m.user_id, m.concept_tag, m.last_assessed_at, logged.n, m.last_assessed_at is null and logged.last_at is null as is_undated
    from (select distinct learner, concept from jsonb_to_recordset(rows) as row (learner uuid, concept text)) pair
    join public.student_mastery m on m.user_id = pair.learner and m.concept_tag = pair.concept and m.last_interaction_id is null
    cross join lateral (
      select count(*) as n, max(i.created_at) filter (where r.outcome is not null) as last_at
      from public.interactions i left join public.outcome_rules r using (outcome)
      where i.student_id = m.user_id and i.concept_focus = m.concept_tag
    ) logged
  loop
    if private.backfill(score.user_id, score.concept_tag) > 0 then
      insert into private.unlogged_scores (user_id, concept_tag, reset_id, last_assessed_at, recorded, is_undated)
      values (score.user_id, score.concept_tag, private.reset_of(score.user_id, score.concept_tag),
              score.last_assessed_at, score.n, score.is_undated);
    end if;
  end loop;
end
$$;

-- The rows that no import has brought in yet: there they have ids of their own.
create function private.without_imported(rows jsonb) returns jsonb language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(jsonb_agg(row), '[]')
    from jsonb_array_elements(rows) row
    where not exists (
      select from public.interactions i
      where i.id = private.id_within((row ->> 'learner')::uuid, (row ->> 'id')::uuid) and i.student_id = (row ->> 'learner')::uuid));
end
$$;

-- The id that something of a learner has here, which came under another by an import. It holds the learner, so that whoever chooses the
-- other cannot tell from what happens whether it is somebody else's; and a secret, so that nobody takes it beforehand.
create function private.id_within(learner uuid, id uuid) returns uuid language plpgsql stable set search_path = '' as $$
begin
  return (
    select left(encode(sha256(convert_to(s.salt || E'\n' || learner || E'\n' || id_within.id, 'UTF8')), 'hex'), 32)::uuid
    from private.id_salt s);
end
$$;

-- Pairs whose score is from before the log are folded from the start: their moments become null.
create function private.backfill_pairs(learners uuid[], concepts text[], since timestamptz[])
returns timestamptz[] language plpgsql set search_path = '' as $$
begin
  perform private.backfill(m.user_id, m.concept_tag)
  from unnest(learners, concepts) as pair (learner, concept)
  join public.student_mastery m on m.user_id = pair.learner and m.concept_tag = pair.concept and m.last_interaction_id is null;
  return array(
    select case when m.user_id is null then pair.at end
    from unnest(learners, concepts, since) with ordinality as pair (learner, concept, at, n)
    left join public.student_mastery m
      on m.user_id = pair.learner and m.concept_tag = pair.concept and m.last_interaction_id is null
    order by pair.n);
end
$$;
