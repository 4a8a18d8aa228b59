-- An event of research also tells how many answers were right and wrong before it: ``successes`` and ``failures``, as Performance Factors
-- Analysis counts them (Pavlik, Cen and Koedinger 2009). Else the function is as it was: see public.research_events.
create or replace function private.research_events(days date[], learners text[]) returns json language plpgsql stable security definer
set search_path = '' set work_mem = '64MB' set enable_nestloop = off set plan_cache_mode = 'force_custom_plan' as $$
declare
  beginning constant timestamptz := (select min(each) from unnest(days) each)::timestamp at time zone 'UTC';
  ending constant timestamptz := ((select max(each) from unnest(days) each) + 1)::timestamp at time zone 'UTC';
  people uuid[];
begin
  perform private.require_researcher();
  people := (
    select array_agg(r.user_id order by asked.n) -- null for who is gone
    from unnest(learners) with ordinality as asked (name, n) left join private.researched() r on r.learner = asked.name);
  return (
    with told as ( -- of one day what went before lies in the row before, of the first one in that of the day
      select (p.n - 1)::integer as learner, h.*, (h.created_at at time zone 'UTC')::date as day, lag(h.interaction_id) over in_order = h.interaction_id as faded,
             lag(h.delta) over in_order as lost, lag(h.created_at) over in_order as previous, lag(h.created_at, 2) over in_order as one_more
      from unnest(people) with ordinality as p (user_id, n) join public.mastery_history h on h.user_id = p.user_id
      where h.user_id = any (people) and h.created_at >= beginning and h.created_at < ending and (h.created_at at time zone 'UTC')::date = any (days)
      window in_order as (
        partition by p.n, h.concept_tag, (h.created_at at time zone 'UTC')::date
        order by h.created_at, h.interaction_id, h.trigger_type <> 'decay')
    ),
    sessions as materialized ( -- each name once
      select s.session_id, private.pseudonym('session', s.session_id) as session
      from (select distinct t.session_id from told t where t.session_id is not null) s
    ),
    events as (
      select t.learner, t.concept_tag, t.created_at, i.outcome, t.trigger_type, t.is_correct, t.opportunity, t.correct - coalesce(t.is_correct, false)::integer as successes,
             t.graded - t.correct - coalesce(not t.is_correct, false)::integer as failures, t.mastery_score - t.delta as before,
             t.mastery_score as after, t.delta, case when t.faded then t.lost else 0 end as forgotten, s.session,
             date_part('epoch', t.created_at - coalesce(case when t.faded then t.one_more else t.previous end, d.previous_at)) as gap
      from told t
      join public.interactions i on i.id = t.interaction_id
      join public.mastery_daily d on d.user_id = t.user_id and d.day = t.day and d.concept_tag = t.concept_tag
      left join sessions s on s.session_id = t.session_id
      where t.trigger_type <> 'decay' and i.student_id = any (people) and i.created_at >= beginning and i.created_at < ending
        and d.user_id = any (people) and d.day = any (days)
      order by t.learner, t.concept_tag collate "C", t.created_at, t.interaction_id
    )
    select json_build_object(
      'learner', coalesce(array_to_json(array_agg(e.learner)), '[]'),
      'concept', coalesce(array_to_json(array_agg(e.concept_tag)), '[]'),
      'at', coalesce(array_to_json(array_agg(round(date_part('epoch', e.created_at) * 1000000)::bigint)), '[]'),
      'outcome', coalesce(array_to_json(array_agg(e.outcome)), '[]'),
      'trigger', coalesce(array_to_json(array_agg(e.trigger_type)), '[]'),
      'is_correct', coalesce(array_to_json(array_agg(e.is_correct)), '[]'),
      'opportunity', coalesce(array_to_json(array_agg(e.opportunity)), '[]'),
      'successes', coalesce(array_to_json(array_agg(e.successes)), '[]'), 'failures', coalesce(array_to_json(array_agg(e.failures)), '[]'),
      'before', coalesce(array_to_json(array_agg(e.before)), '[]'), 'after', coalesce(array_to_json(array_agg(e.after)), '[]'),
      'delta', coalesce(array_to_json(array_agg(e.delta)), '[]'), 'forgotten', coalesce(array_to_json(array_agg(e.forgotten)), '[]'),
      'gap', coalesce(array_to_json(array_agg(e.gap)), '[]'), 'session', coalesce(array_to_json(array_agg(e.session)), '[]'))
    from events e);
end
$$;
