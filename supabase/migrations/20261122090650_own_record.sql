-- What a person does with what is their own: their profile, a copy of everything, and its end.

set check_function_bodies = off;

-- Change one's profile. What is null falls back to the house: its thresholds, the browser's time zone.
create function public.set_profile(
  person uuid, display_name text, time_zone text default null, weak_below float default null, mastered_from float default null,
  compares boolean default false)
returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.set_profile(person, display_name, time_zone, weak_below, mastered_from, compares);
end
$$;

create function private.set_profile(
  person uuid, display_name text, time_zone text, weak_below float, mastered_from float, compares boolean)
returns jsonb language plpgsql security definer set search_path = '' as $$
#variable_conflict use_variable
declare
  name constant text := btrim(display_name);
  house public.mastery_settings;
begin
  perform private.require_writer(person);
  perform private.lock_learner(person);
  select * into house from public.mastery_settings;
  if name is null or name = '' then
    raise exception 'A name cannot be empty.' using errcode = '22023';
  elsif length(name) > 200 then
    raise exception 'A name has at most 200 characters; this one has %.', length(name) using errcode = '22023';
  elsif name ~ '[\u0001-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]' then
    raise exception 'A name holds no control or invisible direction characters.' using errcode = '22023';
  elsif time_zone is not null and not exists (select from pg_catalog.pg_timezone_names z where z.name = time_zone) then
    raise exception 'There is no time zone "%".', left(time_zone, 80) using errcode = '22023';
  elsif coalesce(weak_below, mastered_from) is not null and (
     not coalesce(weak_below, house.weak_threshold) > 0 or not coalesce(mastered_from, house.mastered_threshold) <= 1
     or not coalesce(weak_below, house.weak_threshold) < coalesce(mastered_from, house.mastered_threshold)) then
    raise exception 'The thresholds lie above 0 and up to 1, the weak one below the mastered one.' using errcode = '22023';
  end if;
  update public.profiles p
  set display_name = name, time_zone = time_zone, weak_below = weak_below, mastered_from = mastered_from, compares = coalesce(compares, false)
  where p.id = person;
  return private.person(person);
end
$$;

-- Everything there is about a learner, a table and a page at a time: rows in the order of their keys, from after the key of the last one.
create function public.learner_export(learner uuid, part text, after jsonb default null, max_rows integer default 5000)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.learner_export(learner, part, after, max_rows);
end
$$;

create function private.learner_export(learner uuid, part text, after jsonb, max_rows integer)
returns jsonb language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  page constant integer := least(max_rows, 5000);
  untold constant text[] := '{answered_old_score,answered_new_score}'; -- what a caller was told once: a copy of what others hold
begin
  perform private.require_visible(learner);
  if part is null or part not in (
    'student_mastery', 'learning_sessions', 'interactions', 'interactions that count for nothing', 'mastery_history', 'mastery_daily')
  then
    raise exception 'There is no part "%" of an export.', left(part, 80) using errcode = '22023';
  end if;
  return case part
    when 'student_mastery' then (
      select coalesce(jsonb_agg(to_jsonb(r) order by r.concept_tag), '[]')
      from (select * from public.student_mastery m
            where m.user_id = learner and (after is null or m.concept_tag > after ->> 'concept_tag')
            order by m.concept_tag limit page) r)
    when 'learning_sessions' then (
      select coalesce(jsonb_agg(to_jsonb(r) order by r.started_at, r.id), '[]')
      from (select * from public.learning_sessions s
            where s.user_id = learner
              and (after is null or (s.started_at, s.id) > ((after ->> 'started_at')::timestamptz, (after ->> 'id')::uuid))
            order by s.started_at, s.id limit page) r)
    when 'interactions' then (
      select coalesce(jsonb_agg(to_jsonb(r.i) - untold order by (r.i).concept_focus, (r.i).created_at, (r.i).id), '[]')
      from (select i from public.interactions i
            where i.student_id = learner and i.concept_focus is not null and i.created_at is not null
              and (after is null or (i.concept_focus, i.created_at, i.id)
                   > (after ->> 'concept_focus', (after ->> 'created_at')::timestamptz, (after ->> 'id')::uuid))
            order by i.concept_focus, i.created_at, i.id limit page) r)
    when 'interactions that count for nothing' then (
      select coalesce(jsonb_agg(to_jsonb(r.i) - untold order by (r.i).id), '[]')
      from (select i from public.interactions i
            where i.student_id = learner and (i.concept_focus is null or i.created_at is null)
              and (after is null or i.id > (after ->> 'id')::uuid)
            order by i.id limit page) r)
    when 'mastery_history' then (
      select coalesce(jsonb_agg(to_jsonb(r) order by r.created_at, r.interaction_id, r.trigger_type), '[]')
      from (select * from public.mastery_history h
            where h.user_id = learner
              and (after is null or (h.created_at, h.interaction_id, h.trigger_type)
                   > ((after ->> 'created_at')::timestamptz, (after ->> 'interaction_id')::uuid, after ->> 'trigger_type'))
            order by h.created_at, h.interaction_id, h.trigger_type limit page) r)
    when 'mastery_daily' then (
      select coalesce(jsonb_agg(to_jsonb(r) order by r.day, r.concept_tag), '[]')
      from (select * from public.mastery_daily d
            where d.user_id = learner
              and (after is null or (d.day, d.concept_tag) > ((after ->> 'day')::date, after ->> 'concept_tag'))
            order by d.day, d.concept_tag limit page) r)
  end;
end
$$;

-- Erase everything that was recorded about a learner. Their account, name and cohorts stay; again, it does nothing.
create function public.erase_record(learner uuid) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.erase_record(learner);
end
$$;

create function private.erase_record(learner uuid) returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  interactions_gone bigint;
  sessions_gone bigint;
  concepts_gone bigint;
  history_gone bigint;
  days_gone bigint;
begin
  perform private.require_writer(learner);
  perform private.lock_learner(learner);
  delete from public.mastery_history where user_id = learner;
  get diagnostics history_gone = row_count;
  delete from public.mastery_daily where user_id = learner;
  get diagnostics days_gone = row_count;
  delete from public.student_mastery where user_id = learner;
  get diagnostics concepts_gone = row_count;
  delete from public.interactions where student_id = learner;
  get diagnostics interactions_gone = row_count;
  delete from public.learning_sessions where user_id = learner;
  get diagnostics sessions_gone = row_count;
  return jsonb_build_object(
    'student_mastery', concepts_gone, 'learning_sessions', sessions_gone, 'interactions', interactions_gone,
    'mastery_history', history_gone, 'mastery_daily', days_gone);
end
$$;
