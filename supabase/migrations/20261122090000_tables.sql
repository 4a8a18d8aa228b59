-- The log, what follows from it, and who is who.

create schema if not exists private;

-- The two tables that may be there already. Where they are, the rest of this part brings them to the form wanted here:
-- no row is lost, and times without a zone are read as UTC.

create table if not exists public.student_mastery (
  user_id uuid references auth.users (id),
  concept_tag text not null,
  mastery_score float check (mastery_score >= 0 and mastery_score <= 1),
  decay_factor float default 0.95,
  last_assessed_at timestamp,
  primary key (user_id, concept_tag)
);

create table if not exists public.interactions (
  id uuid primary key,
  student_id uuid references auth.users (id),
  type text,
  concept_focus text,
  outcome text,
  intent text,
  agent_used text,
  scaffolding_level text,
  metadata jsonb,
  created_at timestamp
);

-- They may have policies of their own, which would stand in the way of the columns' new types. One policy a table and action holds
-- here: see the next migration.
do $$
declare
  old record;
begin
  for old in select policyname, tablename from pg_catalog.pg_policies
             where schemaname = 'public' and tablename in ('student_mastery', 'interactions') loop
    execute format('drop policy %I on public.%I', old.policyname, old.tablename);
  end loop;
end
$$;

update public.student_mastery
  set mastery_score = coalesce(mastery_score, 0.5),
      decay_factor = greatest(0, least(1, coalesce(decay_factor, 0.95)))
  where mastery_score is null or decay_factor is null or not decay_factor between 0 and 1;

alter table public.student_mastery
  drop constraint if exists student_mastery_user_id_fkey,
  add constraint student_mastery_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  alter column last_assessed_at type timestamptz using last_assessed_at at time zone 'UTC',
  alter column mastery_score set not null,
  alter column decay_factor set not null,
  add constraint student_mastery_score_is_a_share check (mastery_score between 0 and 1),
  add constraint student_mastery_decay_is_a_share check (decay_factor between 0 and 1),
  add column observations integer not null default 0,
  add column practised float not null default 0,
  add column forgotten float not null default 0,
  add column correct integer not null default 0,
  add column graded integer not null default 0,
  add column last_interaction_id uuid;

comment on column public.student_mastery.last_interaction_id is
  'The interaction that the score stands at. Null: a score from before the log, not yet backfilled.';

create table public.learning_sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  concepts_touched text[] not null default '{}',
  total_interactions integer not null default 0,
  mastery_gained jsonb not null default '{}',
  metadata jsonb,
  constraint learning_sessions_end_after_start check (ended_at >= started_at)
);
create index learning_sessions_of_learner on public.learning_sessions (user_id, started_at);

-- An interaction without learner, concept, time or known outcome (there are such in databases from before) is kept and counts
-- for nothing: these columns stay nullable.
alter table public.interactions
  drop constraint if exists interactions_student_id_fkey,
  add constraint interactions_student_id_fkey foreign key (student_id) references auth.users (id) on delete cascade,
  alter column created_at type timestamptz using created_at at time zone 'UTC',
  alter column created_at set default now(),
  add column session_id uuid references public.learning_sessions (id) on delete set null,
  add column custom_delta float check (custom_delta between -1 and 1),
  add column reset_to float check (reset_to between 0 and 1),
  add column answered_old_score float,
  add column answered_new_score float;

comment on column public.interactions.custom_delta is 'What this outcome was worth, where the caller said so; else its rule.';
comment on column public.interactions.reset_to is 'The score that a reset puts in force.';
comment on column public.interactions.answered_new_score is 'What the caller was told, so that the same id is told the same again.';

create index interactions_in_order on public.interactions (student_id, concept_focus, created_at, id);
create index interactions_of_session on public.interactions (session_id) where session_id is not null;

-- One row per change of a score. An interaction makes one row, and a row of decay before it where time took something away.
create table public.mastery_history (
  interaction_id uuid not null,
  user_id uuid not null,
  concept_tag text not null,
  mastery_score float not null check (mastery_score between 0 and 1),
  delta float not null check (delta between -1 and 1),
  trigger_type text not null check (trigger_type in ('quiz', 'question', 'explanation', 'decay', 'reset')),
  opportunity integer not null,
  is_correct boolean,
  practised float not null,
  forgotten float not null,
  correct integer not null,
  graded integer not null,
  session_id uuid,
  created_at timestamptz not null,
  primary key (user_id, created_at, interaction_id, trigger_type)
);
comment on table public.mastery_history is 'Follows from interactions, rules and settings; written by the functions of this schema alone.';
comment on column public.mastery_history.opportunity is 'How many outcomes of this learner on this concept had counted by then, this one included.';
comment on column public.mastery_history.practised is
  'Running total of the practice deltas of this learner on this concept. What a stretch of time came to is the difference of two rows,
however much happened between; likewise forgotten, correct and graded (answers, right or wrong).';
comment on column public.mastery_history.is_correct is 'For answers: right or wrong. Null where the row is not of an answer.';
create index mastery_history_of_concept on public.mastery_history (user_id, concept_tag, created_at, interaction_id)
  where trigger_type <> 'decay';

-- One row per learner, UTC day and concept.
create table public.mastery_daily (
  user_id uuid not null,
  day date not null,
  concept_tag text not null,
  closing_score float not null,
  closed_at timestamptz not null,
  previous_at timestamptz,
  gained float not null,
  lost float not null,
  forgotten float not null,
  adjusted float not null default 0,
  observations integer not null,
  correct integer not null,
  graded integer not null,
  opportunity integer not null,
  primary key (user_id, day, concept_tag)
);
comment on column public.mastery_daily.previous_at is
  'When the concept had last been practised before this day; null on its first. What closed then is closing_score less all that moved
on this day: so how a learner stood before a range follows from the rows of the range.';
comment on column public.mastery_daily.lost is 'Sum of the negative practice deltas, at most 0; what time took away is forgotten, also at most 0.';
comment on column public.mastery_daily.adjusted is 'Sum of the deltas of resets.';
comment on column public.mastery_daily.opportunity is 'How many outcomes of this learner on this concept had counted by the end of the day.';

create table public.outcome_rules (
  outcome text primary key,
  delta float not null check (delta between -1 and 1),
  trigger_type text not null check (trigger_type in ('quiz', 'question', 'explanation', 'reset')),
  is_correct boolean
);
comment on column public.outcome_rules.is_correct is 'For answers: right or wrong. Null where the outcome is not an answer.';
insert into public.outcome_rules (outcome, delta, trigger_type, is_correct) values
  ('correct', 0.10, 'quiz', true),
  ('incorrect', -0.05, 'quiz', false),
  ('confusion_detected', -0.03, 'question', null),
  ('passive_read', 0.02, 'explanation', null),
  ('reset', 0, 'reset', null);

create table public.mastery_settings (
  only_row boolean primary key default true check (only_row),
  initial_score float not null default 0.5 check (initial_score between 0 and 1),
  decay_factor float not null default 0.95 check (decay_factor between 0 and 1),
  decay_period_days float not null default 1 check (decay_period_days > 0),
  weak_threshold float not null default 0.5 check (weak_threshold between 0 and 1),
  mastered_threshold float not null default 0.8 check (mastered_threshold between 0 and 1),
  smallest_cohort integer not null default 5 check (smallest_cohort >= 5)
);
insert into public.mastery_settings default values;
comment on column public.mastery_settings.smallest_cohort is 'Learners of a cohort who take part in research, at least: fewer are left out.';

create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  display_name text not null,
  time_zone text,
  weak_below float,
  mastered_from float,
  compares boolean not null default false,
  created_at timestamptz not null default now(),
  constraint profiles_thresholds_are_shares check (weak_below > 0 and mastered_from <= 1 and weak_below < mastered_from)
);
comment on column public.profiles.weak_below is 'The person''s own thresholds; null: those of mastery_settings.';
comment on column public.profiles.compares is 'Whether they want to see themselves beside their group.';

create table public.cohorts (
  id uuid primary key default gen_random_uuid(),
  name text not null unique check (btrim(name) <> ''),
  created_at timestamptz not null default now(),
  archived_at timestamptz,
  in_research_since timestamptz
);
comment on column public.cohorts.in_research_since is 'Since when those who teach it share it, without names, with researchers. Null: they do not.';

create table public.cohort_members (
  cohort_id uuid not null references public.cohorts (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role text not null default 'student' check (role in ('student', 'instructor')),
  added_at timestamptz not null default now(),
  primary key (cohort_id, user_id)
);
create index cohort_members_of_person on public.cohort_members (user_id);

-- What somebody who teaches a cohort brought into it from a file, and everything that came in with it, so that it can be undone as a whole.
create table public.imports (
  id uuid primary key,
  cohort_id uuid not null references public.cohorts (id) on delete cascade,
  made_by uuid references auth.users (id) on delete set null,
  file_name text not null,
  state text not null default 'running' check (state in ('running', 'done', 'undoing', 'undone')),
  started_at timestamptz not null default now(),
  touched_at timestamptz not null default now(),
  finished_at timestamptz,
  undone_at timestamptz,
  report jsonb
);
comment on column public.imports.made_by is 'Null: the service, or somebody who is no longer here.';
comment on column public.imports.touched_at is 'When it last went on. One that runs and has not been touched for long was interrupted.';
create index imports_of_cohort on public.imports (cohort_id, started_at);
create index imports_by_person on public.imports (made_by) where made_by is not null;

alter table public.interactions add column import_id uuid references public.imports (id) on delete set null;
alter table public.learning_sessions add column import_id uuid references public.imports (id) on delete set null;
alter table public.profiles add column import_id uuid references public.imports (id) on delete set null;
alter table public.cohort_members add column import_id uuid references public.imports (id) on delete set null;
comment on column public.interactions.import_id is
  'The import that it came with and would go with; likewise of sessions, people and memberships.';
create index interactions_of_import on public.interactions (import_id, student_id, created_at) where import_id is not null;
create index learning_sessions_of_import on public.learning_sessions (import_id) where import_id is not null;
create index profiles_of_import on public.profiles (import_id) where import_id is not null;
create index cohort_members_of_import on public.cohort_members (import_id) where import_id is not null;

-- What an import changed of what was there before it: a session that it extended had these bounds, and goes on having them of its own.
create table private.session_bounds (
  session_id uuid primary key references public.learning_sessions (id) on delete cascade,
  started_at timestamptz not null,
  ended_at timestamptz
);
comment on column private.session_bounds.ended_at is
  'Null: it still ran when it was extended; if it has ended since, the session says when.';

-- And a score from before the log that an import put into it, with a reset, had no history but this.
create table private.unlogged_scores (
  user_id uuid not null,
  concept_tag text not null,
  reset_id uuid not null unique references public.interactions (id) on delete cascade,
  last_assessed_at timestamptz,
  recorded integer not null,
  is_undated boolean not null,
  primary key (user_id, concept_tag)
);
comment on column private.unlogged_scores.recorded is
  'How many interactions of this learner on this concept there were then: if there are more, the log is to stay.';

-- What makes the ids of imported things such as nobody can work out.
create table private.id_salt (
  only_row boolean primary key default true check (only_row),
  salt text not null default gen_random_uuid()::text || gen_random_uuid()::text
);
insert into private.id_salt default values;

alter table private.session_bounds enable row level security;
alter table private.unlogged_scores enable row level security;
alter table private.id_salt enable row level security;
revoke all on private.session_bounds, private.unlogged_scores, private.id_salt from public, anon, authenticated, service_role;

-- Everybody who can sign in has a profile. The name is the one they gave, or the one a provider knows them by.
create function private.name_of(details jsonb, email text) returns text language plpgsql immutable set search_path = '' as $$
begin
  return coalesce(
    nullif(btrim(details ->> 'display_name'), ''), nullif(btrim(details ->> 'full_name'), ''), nullif(btrim(details ->> 'name'), ''),
    nullif(split_part(email, '@', 1), ''), 'Learner');
end
$$;

create function private.add_profile() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into public.profiles (id, display_name) values (new.id, private.name_of(new.raw_user_meta_data, new.email))
  on conflict (id) do nothing;
  return new;
end
$$;
revoke execute on function private.add_profile() from public;
create trigger add_profile after insert on auth.users for each row execute function private.add_profile();
insert into public.profiles (id, display_name)
  select id, private.name_of(raw_user_meta_data, email) from auth.users
  on conflict (id) do nothing;

-- What follows from the log goes with its learner. The two tables that are written in bulk have no foreign key: checking one row by row
-- doubles the cost of a replay, and their only writers hold a lock on the learner's profile, which stands for the reference.
create function private.forget_learner() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  delete from public.mastery_history where user_id = old.id;
  delete from public.mastery_daily where user_id = old.id;
  return null;
end
$$;
create trigger forget_learner after delete on public.profiles for each row execute function private.forget_learner();
