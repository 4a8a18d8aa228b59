-- Who may see what. A learner reads own rows; nobody writes a table directly (the functions do); anon reads nothing.

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

create policy "learners read their own" on public.student_mastery for select to authenticated using (user_id = (select auth.uid()));
create policy "learners read their own" on public.interactions for select to authenticated using (student_id = (select auth.uid()));
create policy "learners read their own" on public.learning_sessions for select to authenticated using (user_id = (select auth.uid()));
create policy "learners read their own" on public.mastery_history for select to authenticated using (user_id = (select auth.uid()));
create policy "learners read their own" on public.mastery_daily for select to authenticated using (user_id = (select auth.uid()));
create policy "people read their own" on public.profiles for select to authenticated using (id = (select auth.uid()));
create policy "members read their own" on public.cohort_members for select to authenticated using (user_id = (select auth.uid()));
create policy "members read their cohorts" on public.cohorts for select to authenticated
  using (id in (select m.cohort_id from public.cohort_members m where m.user_id = (select auth.uid())));
create policy "everybody signed in reads the rules" on public.outcome_rules for select to authenticated using (true);
create policy "everybody signed in reads the settings" on public.mastery_settings for select to authenticated using (true);

revoke all on
  public.student_mastery, public.interactions, public.learning_sessions, public.mastery_history, public.mastery_daily,
  public.outcome_rules, public.mastery_settings, public.profiles, public.cohorts, public.cohort_members
  from public, anon, authenticated, service_role;
grant select on
  public.student_mastery, public.interactions, public.learning_sessions, public.mastery_history, public.mastery_daily,
  public.outcome_rules, public.mastery_settings, public.profiles, public.cohorts, public.cohort_members
  to authenticated, service_role;

revoke all on schema private from public, anon;
grant usage on schema private to authenticated, service_role;
