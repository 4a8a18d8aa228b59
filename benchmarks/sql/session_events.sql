-- What happened in a session, in order, with what time had taken before each step.
select h.created_at, h.concept_tag, h.trigger_type, h.is_correct, i.outcome, h.mastery_score - h.delta as before, h.mastery_score, h.delta,
       d.delta as forgotten, h.opportunity
from public.interactions i
join public.mastery_history h
  on h.user_id = i.student_id and h.created_at = i.created_at and h.interaction_id = i.id and h.trigger_type not in ('decay', 'reset')
left join public.mastery_history d
  on d.user_id = i.student_id and d.created_at = i.created_at and d.interaction_id = i.id and d.trigger_type = 'decay'
where i.session_id = %(session)s
order by h.created_at, h.interaction_id
limit %(max_rows)s
