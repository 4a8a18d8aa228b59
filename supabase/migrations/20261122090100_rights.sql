-- Who may see what, asked anew by every query: whoever leaves a cohort is out of its instructor's sight at the next one.
--
-- A learner reads what is their own; an instructor also what is of the students of the cohorts they teach, archived ones included; an
-- administrator everything. A researcher reads no table at all, not even what is their own: what they may know, functions tell them.
-- Nobody writes a table; the functions do. Who is not signed in, or not (any more) among the people here, reads nothing.
--
-- Researchers and administrators are named in auth.users.raw_app_meta_data, instructors in cohort_members: nothing a person can write.

-- The one who asks, where they may read tables.
create function private.reader() returns uuid language plpgsql stable security definer set search_path = '' as $$
begin
  return (select id from auth.users where id = auth.uid() and (raw_app_meta_data ->> 'role') is distinct from 'researcher');
end
$$;

-- Those whose rows the one who asks may read. A policy compares with the list, made once a statement, and so can use an index.
create function private.visible_people() returns uuid[] language plpgsql stable security definer set search_path = '' as $$
declare
  asker constant uuid := auth.uid();
  given text;
begin
  select raw_app_meta_data ->> 'role' into given from auth.users where id = asker;
  if not found or given = 'researcher' then
    return '{}';
  elsif given = 'admin' then
    return array(select id from public.profiles);
  end if;
  return asker || array(
    select learner.user_id
    from public.cohort_members instructor join public.cohort_members learner using (cohort_id)
    where instructor.user_id = asker and instructor.role = 'instructor' and learner.role = 'student');
end
$$;

-- The cohorts whose members the one who asks may read.
create function private.cohorts_taught() returns uuid[] language plpgsql stable security definer set search_path = '' as $$
declare
  asker constant uuid := auth.uid();
  given text;
begin
  select raw_app_meta_data ->> 'role' into given from auth.users where id = asker;
  if not found or given = 'researcher' then
    return '{}';
  elsif given = 'admin' then
    return array(select id from public.cohorts);
  end if;
  return array(select cohort_id from public.cohort_members where user_id = asker and role = 'instructor');
end
$$;

alter table public.student_mastery enable row level security;
alter table public.interactions enable row level security;
alter table public.learning_sessions enable row level security;
alter table public.mastery_history enable row level security;
alter table public.mastery_daily enable row level security;
alter table public.outcome_rules enable row level security;
alter table public.mastery_settings enable row level security;
alter table public.profiles enable row level security;
alter table public.cohorts enable row level security;
alter table public.cohort_members enable row level security;
alter table public.imports enable row level security;

create policy "of visible people" on public.student_mastery for select to authenticated
  using (user_id = any ((select private.visible_people())::uuid[]));
create policy "of visible people" on public.interactions for select to authenticated
  using (student_id = any ((select private.visible_people())::uuid[]));
create policy "of visible people" on public.learning_sessions for select to authenticated
  using (user_id = any ((select private.visible_people())::uuid[]));
create policy "of visible people" on public.mastery_history for select to authenticated
  using (user_id = any ((select private.visible_people())::uuid[]));
create policy "of visible people" on public.mastery_daily for select to authenticated
  using (user_id = any ((select private.visible_people())::uuid[]));
create policy "of visible people" on public.profiles for select to authenticated
  using (id = any ((select private.visible_people())::uuid[]));
create policy "their own, and of cohorts they teach" on public.cohort_members for select to authenticated
  using (user_id = (select private.reader()) or cohort_id = any ((select private.cohorts_taught())::uuid[]));
create policy "with a membership they may read, and those they teach" on public.cohorts for select to authenticated
  using (id in (select m.cohort_id from public.cohort_members m) or id = any ((select private.cohorts_taught())::uuid[]));
create policy "of cohorts they teach" on public.imports for select to authenticated
  using (cohort_id = any ((select private.cohorts_taught())::uuid[]));
create policy "of all who read" on public.outcome_rules for select to authenticated using ((select private.reader()) is not null);
create policy "of all who read" on public.mastery_settings for select to authenticated using ((select private.reader()) is not null);

revoke all on
  public.student_mastery, public.interactions, public.learning_sessions, public.mastery_history, public.mastery_daily,
  public.outcome_rules, public.mastery_settings, public.profiles, public.cohorts, public.cohort_members, public.imports
  from public, anon, authenticated, service_role;
grant select on
  public.student_mastery, public.interactions, public.learning_sessions, public.mastery_history, public.mastery_daily,
  public.outcome_rules, public.mastery_settings, public.profiles, public.cohorts, public.cohort_members, public.imports
  to authenticated, service_role;

revoke all on schema private from public, anon;
grant usage on schema private to authenticated, service_role;
