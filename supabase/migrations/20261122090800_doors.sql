-- Which functions whom: nothing by default, then each by name. What a keeper's room asks for beyond that, it asks itself.

do $$
declare
  made record;
begin
  for made in
    select p.oid::regprocedure as signature
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'private'
       or n.nspname = 'public' and p.proname in (
         'record_outcome', 'record_outcomes', 'start_session', 'end_session', 'import_outcomes', 'replay', 'backfill',
         'learner_mastery', 'learner_practice', 'learner_history', 'learner_curves', 'learner_days',
         'learner_rules', 'learner_pulse', 'learner_attempts', 'learner_sessions', 'learner_session', 'learner_hours', 'learner_gaps',
         'learner_group', 'set_profile', 'learner_export', 'erase_record',
         'person', 'add_person', 'people', 'find_people', 'grant_role', 'list_cohorts', 'cohort_people', 'add_to_cohort', 'remove_from_cohort', 'status',
         'app_session_get', 'app_session_put', 'app_session_touch', 'app_session_delete', 'app_session_claim')
  loop
    execute format('revoke all on routine %s from public, anon, authenticated, service_role', made.signature);
  end loop;
end
$$;

grant execute on function
  public.record_outcome, public.record_outcomes, public.start_session, public.end_session,
  public.learner_mastery, public.learner_practice, public.learner_history, public.learner_curves, public.learner_days,
  public.learner_rules, public.learner_pulse, public.learner_attempts, public.learner_sessions, public.learner_session,
  public.learner_hours, public.learner_gaps, public.learner_group, public.set_profile, public.learner_export, public.erase_record,
  public.person, public.people, public.find_people, public.grant_role, public.status,
  public.list_cohorts, public.cohort_people, public.add_to_cohort, public.remove_from_cohort,
  private.record_outcome, private.record_outcomes, private.start_session, private.end_session,
  private.reader, private.visible_people, private.cohorts_taught,
  private.learner_mastery, private.learner_practice, private.learner_history, private.learner_curves, private.learner_days,
  private.learner_rules, private.learner_pulse, private.learner_attempts, private.learner_sessions, private.learner_session,
  private.learner_hours, private.learner_gaps, private.learner_group, private.set_profile, private.learner_export, private.erase_record,
  private.person, private.people, private.find_people, private.grant_role, private.status,
  private.list_cohorts, private.cohort_people, private.add_to_cohort, private.remove_from_cohort
  to authenticated, service_role;

grant execute on function
  public.import_outcomes, public.replay, public.backfill, public.add_person,
  public.app_session_get, public.app_session_put, public.app_session_touch, public.app_session_delete, public.app_session_claim,
  private.import_outcomes, private.replay, private.backfill_missing, private.add_person,
  private.app_session_get, private.app_session_put, private.app_session_touch, private.app_session_delete, private.app_session_claim
  to service_role;
