-- Which functions whom: nothing by default, then each by name.

do $$
declare
  made record;
begin
  for made in
    select p.oid::regprocedure as signature
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'private'
       or n.nspname = 'public' and p.proname in (
         'record_outcome', 'start_session', 'end_session', 'import_outcomes', 'replay', 'backfill',
         'learner_mastery', 'learner_practice', 'learner_history', 'learner_curves', 'learner_days', 'person', 'people', 'status')
  loop
    execute format('revoke all on routine %s from public, anon, authenticated, service_role', made.signature);
  end loop;
end
$$;

grant execute on function
  public.record_outcome, public.start_session, public.end_session,
  public.learner_mastery, public.learner_practice, public.learner_history, public.learner_curves, public.learner_days, public.person,
  private.record_outcome, private.start_session, private.end_session, private.require_visible, private.is_service,
  private.standing_at, private.column, private.days_practised, private.utc_day, private.role_of
  to authenticated, service_role;

grant execute on function
  public.import_outcomes, public.replay, public.backfill, public.people, public.status,
  private.import_outcomes, private.replay, private.backfill_missing, private.people, private.require_service
  to service_role;
