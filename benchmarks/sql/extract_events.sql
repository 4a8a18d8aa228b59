select learner, cohort, concept_tag, created_at, outcome, trigger_type, is_correct, opportunity,
       correct - coalesce(is_correct, false)::integer as successes, graded - correct - coalesce(not is_correct, false)::integer as failures,
       score - delta as before, score as after, delta, case when faded then lost else 0 end as forgotten,
       date_part('epoch', created_at - case when faded then one_more else previous end) as gap, session_id
from (
  select md5(h.user_id::text) as learner, md5(m.cohort_id::text) as cohort, h.concept_tag, h.created_at, i.outcome, h.trigger_type, h.is_correct,
         h.opportunity, h.correct, h.graded, h.mastery_score as score, h.delta, h.session_id, lag(h.interaction_id) over told = h.interaction_id as faded,
         lag(h.delta) over told as lost, lag(h.created_at) over told as previous, lag(h.created_at, 2) over told as one_more
  from public.mastery_history h
  join public.cohort_members m on m.user_id = h.user_id
  join public.interactions i on i.id = h.interaction_id
  window told as (partition by h.user_id, h.concept_tag order by h.created_at, h.interaction_id, h.trigger_type <> 'decay')
) told
where trigger_type <> 'decay'
order by learner, concept_tag, created_at
