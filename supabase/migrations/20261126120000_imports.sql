-- Practice that somebody who teaches a cohort brings into it from a file, batch by batch, and takes out again as a whole.
--
-- An import writes into the records of the cohort's students alone, and of learners that the cohort itself makes, whose ids nobody
-- chooses. Ids of rows and sessions are kept within their learner, so that nobody learns from one whether it is somebody else's. An undo
-- leaves everything as it would be had the import never been: scores, sessions, memberships and people.
--
-- Locks are taken in one order: the import, the cohort, learners by id.

set check_function_bodies = off;

-- What the rooms below share.

-- An import that the one who asks may go on with: one of their own.
create function private.own_import(import uuid) returns public.imports language plpgsql set search_path = '' as $$
declare
  asker constant uuid := case when not private.is_service() then auth.uid() end;
  found_one public.imports;
begin
  if not exists (select from public.imports i where i.id = import and i.made_by is not distinct from asker) then
    raise exception 'There is no such import, or not one of yours.' using errcode = 'P0002';
  end if;
  select * into found_one from public.imports i where i.id = import for no key update;
  return found_one;
end
$$;

-- The rows of an import, as far as they can be checked alone.
create function private.require_rows(rows jsonb) returns void language plpgsql immutable set search_path = '' as $$
declare
  wrong text;
begin
  if jsonb_typeof(rows) is distinct from 'array' or jsonb_array_length(rows) > 5000 then
    raise exception 'Rows come as a list of at most 5,000.' using errcode = '22023';
  elsif exists (select from jsonb_array_elements(rows) row where jsonb_typeof(row) <> 'object') then
    raise exception 'A row is an object with id, learner, called, concept, outcome and at.' using errcode = '22023';
  end if;
  if exists (
      select from jsonb_to_recordset(rows) as row (id uuid, learner uuid, called text)
      where id is null or learner is null or called is null) then
    raise exception 'A row needs an id, a learner, and what the learner is called.' using errcode = '22023';
  end if;
  select name into wrong
  from (
    select row ->> 'called' as name from jsonb_array_elements(rows) row
    union select coalesce(row ->> 'learner_name', row ->> 'called') from jsonb_array_elements(rows) row
  ) named
  where btrim(name) = '' or length(name) > 200 or private.holds_unseen(name) limit 1;
  if found then
    raise exception 'A learner''s name has 1 to 200 characters, none of them control or invisible direction characters.'
      using errcode = '22023';
  elsif exists (select from jsonb_array_elements(rows) row where length(row ->> 'type') > 80 or private.holds_unseen(row ->> 'type')) then
    raise exception 'The type of an interaction has at most 80 characters.' using errcode = '22023';
  end if;
end
$$;

-- The learners of the rows are students of the cohort, or such as it makes. Returns whether all of them are students already.
create function private.require_learners(cohort uuid, rows jsonb) returns boolean language plpgsql stable set search_path = '' as $$
declare
  strange text;
  joining integer;
begin
  select row.called into strange
  from (select distinct learner, called from jsonb_to_recordset(rows) as row (learner uuid, called text)) row
  left join public.cohort_members m on m.cohort_id = cohort and m.user_id = row.learner
  where m.role is distinct from 'student' and (m.role is not null or row.learner <> private.learner_of_cohort(cohort, row.called))
  limit 1;
  if found then
    raise exception 'The learner "%" is no student of this cohort.', left(strange, 80) using errcode = '22023';
  end if;
  with joining as materialized (
    select distinct row.learner, row.called
    from jsonb_to_recordset(rows) as row (learner uuid, called text)
    where not exists (select from public.cohort_members m where m.cohort_id = cohort and m.user_id = row.learner)
  )
  select count(*), min(j.called) filter (where exists (select from public.profiles p where p.id = j.learner)
                                           and not private.is_of_no_other(j.learner, cohort))
  into joining, strange
  from joining j;
  if strange is not null then
    raise exception 'The learner "%" left this cohort and is elsewhere now: invite them, and import again when they are back.',
      left(strange, 80) using errcode = '22023';
  end if;
  return joining = 0;
end
$$;

-- Bringing in.

create function public.begin_import(import uuid, cohort uuid, file_name text)
returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.begin_import(import, cohort, file_name);
end
$$;

create function private.begin_import(import uuid, cohort uuid, file_name text)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  asker constant uuid := case when not private.is_service() then auth.uid() end;
  name constant text := btrim(file_name);
  found_one public.imports;
begin
  perform private.require_cohort(cohort);
  perform private.require_unarchived(cohort);
  if import is null or name is null or name = '' then
    raise exception 'An import needs an id and the name of its file.' using errcode = '22023';
  elsif length(name) > 255 or private.holds_unseen(name) then
    raise exception 'The name of a file has at most 255 characters, none of them control or invisible direction characters.'
      using errcode = '22023';
  end if;
  insert into public.imports (id, cohort_id, made_by, file_name) values (import, cohort, asker, name) on conflict (id) do nothing;
  select * into found_one from public.imports i where i.id = import;
  if found_one.cohort_id <> cohort or found_one.made_by is distinct from asker then
    raise exception 'The import id % is taken.', import using errcode = '22023';
  end if;
  return jsonb_build_object('id', found_one.id, 'state', found_one.state);
end
$$;

-- A batch of rows: those of import_outcomes, and called, which is what the file calls the learner. Of a learner who is new to the cohort
-- it decides who they are. The same batch again is imported as it was.
create function public.import_practice(import uuid, rows jsonb) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.import_practice(import, rows);
end
$$;

create function private.import_practice(import uuid, rows jsonb)
returns jsonb language plpgsql security definer set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  wanted public.imports;
  new_rows jsonb;
  repeated integer;
  imported integer;
  answer jsonb := jsonb_build_object('imported', 0, 'learners', 0);
begin
  wanted := private.own_import(import);
  perform private.require_cohort(wanted.cohort_id);
  if wanted.state <> 'running' then
    raise exception 'This import is over: nothing can be added to it any more.' using errcode = '22023';
  elsif rows in ('[]', '{}') then -- the latter: an empty list from a client that does not know what would have been in it
    return answer || jsonb_build_object('already_there', 0);
  end if;
  perform private.require_rows(rows);
  if not private.require_learners(wanted.cohort_id, rows) then
    perform private.keep_cohort(wanted.cohort_id);
    perform private.require_unarchived(wanted.cohort_id);
  end if;
  perform from public.profiles p
  where p.id in (select learner from jsonb_to_recordset(rows) as row (learner uuid))
  order by p.id for no key update;
  if not private.require_learners(wanted.cohort_id, rows) then -- nobody leaves any more
    perform private.require_unarchived(wanted.cohort_id);
  end if;

  with given as materialized (
    select row.*, private.id_within(row.learner, row.id) as kept_id
    from jsonb_to_recordset(rows) as row (
      id uuid, learner uuid, called text, learner_name text, concept text, outcome text, at timestamptz, session uuid, type text)
  ),
  sessions as materialized (
    select g.learner, g.session, coalesce(s.id, private.id_within(g.learner, g.session)) as kept_id
    from (select distinct learner, session from given where session is not null) g
    left join public.learning_sessions s on s.id = g.session and s.user_id = g.learner
  ),
  met as (
    select distinct on (g.kept_id) g.*, i.import_id, i.id is null and own.id is null as is_new
    from given g
    left join public.interactions i on i.id = g.kept_id and i.student_id = g.learner
    left join public.interactions own -- what came from elsewhere too: what a learner recorded themselves stands in nobody's way
      on own.id = g.id and own.student_id = g.learner and own.answered_new_score is null
    order by g.kept_id
  )
  select count(*) filter (where m.import_id = import),
         jsonb_agg(jsonb_build_object(
           'id', m.kept_id, 'learner', m.learner, 'learner_name', coalesce(m.learner_name, m.called), 'concept', m.concept,
           'outcome', m.outcome, 'at', m.at, 'session', s.kept_id, 'type', m.type)) filter (where m.is_new)
  into repeated, new_rows
  from met m left join sessions s on s.learner = m.learner and s.session = m.session;
  if new_rows is not null then
    answer := private.take_in(new_rows, wanted.cohort_id, import);
  end if;
  update public.imports i set touched_at = now() where i.id = import;
  imported := repeated + (answer ->> 'imported')::integer;
  return answer || jsonb_build_object('imported', imported, 'already_there', jsonb_array_length(rows) - imported);
end
$$;

create function public.finish_import(import uuid, report jsonb) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.finish_import(import, report);
end
$$;

create function private.finish_import(import uuid, report jsonb)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  wanted public.imports;
begin
  wanted := private.own_import(import);
  perform private.require_cohort(wanted.cohort_id);
  if wanted.state not in ('running', 'done') then
    raise exception 'This import is undone.' using errcode = '22023';
  elsif jsonb_typeof(report) is distinct from 'object' or length(report::text) > 100000 then
    raise exception 'A report is an object of at most 100,000 characters.' using errcode = '22023';
  end if;
  update public.imports i set state = 'done', report = finish_import.report, finished_at = now(), touched_at = now()
  where i.id = import and i.state = 'running';
  return jsonb_build_object('id', import, 'state', 'done');
end
$$;

-- What there is.

-- The last 200 imports of a cohort, the newest first.
create function public.cohort_imports(cohort uuid) returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.cohort_imports(cohort);
end
$$;

create function private.cohort_imports(cohort uuid) returns jsonb language plpgsql stable security definer set search_path = '' as $$
declare
  asker constant uuid := case when not private.is_service() then auth.uid() end;
begin
  perform private.require_cohort(cohort);
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
        'id', i.id, 'file_name', i.file_name, 'state', i.state, 'started_at', i.started_at, 'touched_at', i.touched_at,
        'finished_at', i.finished_at, 'undone_at', i.undone_at, 'report', i.report,
        'interactions', (select count(*) from public.interactions each where each.import_id = i.id),
        'idle_seconds', date_part('epoch', now() - i.touched_at), 'made_by', p.display_name, 'mine', i.made_by is not distinct from asker)
      order by i.started_at desc, i.id), '[]')
    from (select * from public.imports each where each.cohort_id = cohort order by each.started_at desc, each.id limit 200) i
    left join public.profiles p on p.id = i.made_by);
end
$$;

-- How many interactions of students of a cohort are there already, each given with its learner; what an import would find.
create function public.known_interactions(cohort uuid, learners uuid[], interactions uuid[])
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.known_interactions(cohort, learners, interactions);
end
$$;

create function private.known_interactions(cohort uuid, learners uuid[], interactions uuid[])
returns jsonb language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  members constant uuid[] := private.learners_of(cohort);
begin
  perform private.require_cohort(cohort);
  return (
    with asked as materialized (
      select a.learner, a.id, private.id_within(a.learner, a.id) as kept_id
      from unnest(learners, interactions) as a (learner, id)
      where a.learner = any (members)
    )
    select to_jsonb(count(*))
    from asked a
    where exists (
            select from public.interactions i where i.id = a.id and i.student_id = a.learner and i.answered_new_score is null)
       or exists (select from public.interactions i where i.id = a.kept_id and i.student_id = a.learner));
end
$$;

-- Taking out.

-- Undo an import, some of it at a time: again until the state is undone. Once undone, again it does nothing.
create function public.undo_import(import uuid, max_interactions integer default 5000)
returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.undo_import(import, max_interactions);
end
$$;

-- Who made it and may keep the cohort no more may still take back what is not finished, within an hour of its last batch.
create function private.undo_import(import uuid, max_interactions integer)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  max_people constant integer := 500;
  asker constant uuid := case when not private.is_service() then auth.uid() end;
  wanted public.imports;
  removed integer := 0;
  settled integer;
begin
  if not exists (
      select from public.imports i
      where i.id = import
        and (i.cohort_id = any (private.cohorts_shown())
          or i.made_by = asker and i.finished_at is null and i.touched_at > now() - interval '1 hour')) then
    raise exception 'There is no such import, or not one you may see.' using errcode = 'P0002';
  elsif max_interactions is null or max_interactions not between 1 and 100000 then
    raise exception 'Undo 1 to 100,000 interactions at a time.' using errcode = '22023';
  end if;
  select * into wanted from public.imports i where i.id = import for no key update;
  if wanted.state <> 'undone' then
    removed := private.take_out(import, max_interactions);
    -- A call of its own, so that its locks come in order. There may be more of it, where those held had erased their records meanwhile.
    if removed = 0 and not exists (select from public.interactions i where i.import_id = import) then
      settled := private.settle_people(wanted, max_people);
      delete from public.learning_sessions s
      where s.import_id = import and not exists (select from public.interactions i where i.session_id = s.id);
    end if;
    update public.imports i
    set state = case when settled < max_people then 'undone' else 'undoing' end, touched_at = now(),
        undone_at = case when settled < max_people then now() end
    where i.id = import
    returning i.* into wanted;
  end if;
  return jsonb_build_object(
    'removed', removed, 'state', wanted.state, 'remaining', (select count(*) from public.interactions i where i.import_id = import));
end
$$;

-- The newest interactions of the import's last learners go, and what follows from the log is folded again from where they were: so no
-- part of it is folded much more than once.
create function private.take_out(import uuid, max_interactions integer)
returns integer language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  held uuid[];
  removed integer;
  learners uuid[];
  concepts text[];
  since timestamptz[];
  sessions uuid[];
begin
  held := array(
    select distinct i.student_id
    from (select * from public.interactions each where each.import_id = import
          order by each.import_id desc, each.student_id desc, each.created_at desc limit max_interactions) i);
  perform from public.profiles p where p.id = any (held) order by p.id for no key update;

  with last_ones as (
    select i.id from public.interactions i
    where i.import_id = import and i.student_id = any (held)
    order by i.import_id desc, i.student_id desc, i.created_at desc limit max_interactions
  ),
  gone as (
    delete from public.interactions i using last_ones where i.id = last_ones.id
    returning i.student_id, i.concept_focus, i.created_at, i.session_id
  ),
  in_running_sessions as (
    update public.learning_sessions s set total_interactions = s.total_interactions - of_session.n
    from (select session_id, count(*) as n from gone where session_id is not null group by session_id) of_session
    where s.id = of_session.session_id and s.ended_at is null
  ),
  pairs as (
    select student_id, concept_focus, min(created_at) as first_at, count(*) as n from gone group by student_id, concept_focus
  )
  select coalesce(sum(p.n), 0), array_agg(p.student_id), array_agg(p.concept_focus), array_agg(p.first_at),
         array(select distinct session_id from gone where session_id is not null)
  into removed, learners, concepts, since, sessions
  from pairs p;

  if removed > 0 then
    since := private.unlog_scores(learners, concepts, since);
    perform private.refold(
      array(select learner from unnest(learners, since) with ordinality as pair (learner, at, n) where at < 'infinity' order by n),
      array(select concept from unnest(concepts, since) with ordinality as pair (concept, at, n) where at < 'infinity' order by n),
      array(select nullif(at, '-infinity') from unnest(since) with ordinality as pair (at, n) where at < 'infinity' order by n));
    perform private.settle_sessions(import, sessions);
  end if;
  return removed;
end
$$;

-- Of these pairs, those whose score was from before the log until an import logged it, and of which there is nothing else: their score
-- stands without a log again, and needs no folding (infinity). Where their reset came to another moment, all is folded (-infinity).
create function private.unlog_scores(learners uuid[], concepts text[], since timestamptz[])
returns timestamptz[] language plpgsql set search_path = '' as $$
declare
  score record;
begin
  for score in
    select u.*, pair.n::integer as nth, left_of.own, left_of.imported, left_of.first_own_at
    from unnest(learners, concepts) with ordinality as pair (learner, concept, n)
    join private.unlogged_scores u on u.user_id = pair.learner and u.concept_tag = pair.concept
    cross join lateral (
      select count(*) filter (where i.import_id is null) as own, count(i.import_id) as imported,
             min(i.created_at) filter (where i.import_id is null) as first_own_at
      from public.interactions i
      where i.student_id = u.user_id and i.concept_focus = u.concept_tag and i.id <> u.reset_id
    ) left_of
  loop
    if score.own > score.recorded then -- what was recorded since would have logged it
      if score.is_undated then
        update public.interactions i set created_at = score.first_own_at - interval '1 microsecond' where i.id = score.reset_id;
        since[score.nth] := '-infinity';
      end if;
      delete from private.unlogged_scores u where u.reset_id = score.reset_id;
    elsif score.imported = 0 then
      update public.student_mastery m
      set mastery_score = r.reset_to, last_assessed_at = score.last_assessed_at, last_interaction_id = null,
          observations = 0, practised = 0, forgotten = 0, correct = 0, graded = 0
      from public.interactions r
      where r.id = score.reset_id and m.user_id = score.user_id and m.concept_tag = score.concept_tag;
      delete from public.mastery_history h where h.user_id = score.user_id and h.concept_tag = score.concept_tag;
      delete from public.mastery_daily d where d.user_id = score.user_id and d.concept_tag = score.concept_tag;
      delete from public.interactions i where i.id = score.reset_id;
      since[score.nth] := 'infinity';
    end if;
  end loop;
  return since;
end
$$;

-- Sessions out of which something was taken. One that an import made goes when it is empty, and reaches as far as what is in it; one with
-- bounds of its own reaches as far as these and what imports still have in it. Another is summed up again.
create function private.settle_sessions(import uuid, sessions uuid[]) returns void language plpgsql set search_path = '' as $$
declare
  left_in record;
begin
  delete from public.learning_sessions s
  where s.id = any (sessions) and s.import_id is not null and not exists (select from public.interactions i where i.session_id = s.id);

  update private.session_bounds b set ended_at = s.ended_at -- it has ended on its own since an import extended it
  from public.learning_sessions s
  where s.id = any (sessions) and b.session_id = s.id and b.ended_at is null and s.ended_at is not null;

  for left_in in
    select s.id, s.import_id, b.session_id is not null as is_bounded, b.started_at as own_start, b.ended_at as own_end,
           min(i.created_at) filter (where i.import_id is not null) as first_imported,
           max(i.created_at) filter (where i.import_id is not null) as last_imported,
           min(i.created_at) filter (where i.import_id is null) as first_own,
           max(i.created_at) filter (where i.import_id is null) as last_own,
           bool_or(i.import_id = s.import_id) as is_still_of_it, min(i.import_id::text)::uuid as another
    from public.learning_sessions s
    left join private.session_bounds b on b.session_id = s.id
    left join public.interactions i on i.session_id = s.id
    where s.id = any (sessions)
    group by s.id, b.session_id
  loop
    if left_in.import_id is not null then
      update public.learning_sessions s
      set started_at = least(left_in.first_own, left_in.first_imported), ended_at = greatest(left_in.last_own, left_in.last_imported),
          import_id = case
            when left_in.first_own is not null then null when left_in.is_still_of_it then s.import_id else left_in.another end
      where s.id = left_in.id;
      if left_in.first_own is not null and left_in.first_imported is not null then
        insert into private.session_bounds (session_id, started_at, ended_at) values (left_in.id, left_in.first_own, left_in.last_own);
      end if;
    elsif left_in.is_bounded then
      update public.learning_sessions s
      set started_at = least(left_in.own_start, left_in.first_imported),
          ended_at = case when left_in.own_end is not null then least(s.ended_at, greatest(left_in.own_end, left_in.last_imported)) end
      where s.id = left_in.id;
      delete from private.session_bounds b where b.session_id = left_in.id and left_in.first_imported is null;
    end if;
  end loop;
  perform private.summarise_sessions(sessions);
end
$$;

-- The people and memberships that an import made, once nothing else of it is left: they go, or stay with what came to them since. Returns
-- how many people it was.
create function private.settle_people(wanted public.imports, max_people integer)
returns integer language plpgsql set search_path = '' as $$
declare
  people uuid[];
begin
  people := array(
    select p.id from public.profiles p where p.import_id = wanted.id
    union
    select m.user_id from public.cohort_members m where m.cohort_id = wanted.cohort_id and m.import_id = wanted.id
    order by 1 limit max_people);
  perform from public.profiles p where p.id = any (people) order by p.id for no key update;

  -- A membership stays with another import of the cohort that found it there; and with somebody whom this one made and who has practised
  -- otherwise.
  update public.cohort_members m
  set import_id = private.other_import(wanted, m.user_id, m.added_at)
  where m.cohort_id = wanted.cohort_id and m.import_id = wanted.id and m.user_id = any (people)
    and (private.other_import(wanted, m.user_id, m.added_at) is not null
      or exists (select from public.profiles p where p.id = m.user_id and p.import_id = wanted.id)
        and exists (select from public.interactions i where i.student_id = m.user_id));
  delete from public.cohort_members m
  where m.cohort_id = wanted.cohort_id and m.import_id = wanted.id and m.user_id = any (people);

  delete from auth.users u
  where u.id in (select p.id from public.profiles p where p.id = any (people) and p.import_id = wanted.id)
    and private.is_of_no_other(u.id, wanted.cohort_id)
    and not exists (select from public.cohort_members m where m.user_id = u.id)
    and not exists (select from public.interactions i where i.student_id = u.id)
    and not exists (select from public.learning_sessions s where s.user_id = u.id and s.import_id is distinct from wanted.id)
    and not exists (select from public.student_mastery m where m.user_id = u.id);
  update public.profiles p set import_id = private.other_import(wanted, p.id, p.created_at)
  where p.id = any (people) and p.import_id = wanted.id;
  return cardinality(people);
end
$$;

-- Another import of the same cohort that has brought in practice of this learner, and was at work since a moment.
create function private.other_import(wanted public.imports, learner uuid, since timestamptz)
returns uuid language plpgsql stable set search_path = '' as $$
begin
  return (
    select o.id from public.imports o
    where o.cohort_id = wanted.cohort_id and o.id <> wanted.id and o.touched_at >= since
      and exists (select from public.interactions i where i.import_id = o.id and i.student_id = learner)
    order by o.started_at, o.id limit 1);
end
$$;

do $$
declare
  made text;
begin
  foreach made in array array[
    'private.own_import(uuid)', 'private.require_rows(jsonb)', 'private.require_learners(uuid, jsonb)', 'private.take_out(uuid, integer)',
    'private.unlog_scores(uuid[], text[], timestamptz[])', 'private.settle_sessions(uuid, uuid[])',
    'private.settle_people(public.imports, integer)', 'private.other_import(public.imports, uuid, timestamptz)'] loop
    execute format('revoke all on routine %s from public, anon, authenticated, service_role', made);
  end loop;
  foreach made in array array[
    'begin_import(uuid, uuid, text)', 'import_practice(uuid, jsonb)', 'finish_import(uuid, jsonb)', 'cohort_imports(uuid)',
    'known_interactions(uuid, uuid[], uuid[])', 'undo_import(uuid, integer)'] loop
    execute format('revoke all on routine public.%s, private.%1$s from public, anon, authenticated, service_role', made);
    execute format('grant execute on routine public.%s, private.%1$s to authenticated, service_role', made);
  end loop;
end
$$;
