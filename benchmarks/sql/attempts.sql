-- What a learner did on one concept, newest first, with what time had taken before each.
select h.interaction_id, h.created_at, h.trigger_type, h.is_correct, i.outcome, h.mastery_score - h.delta as before, h.mastery_score, h.delta,
       d.delta as forgotten, h.opportunity, h.session_id
from (
  select * from public.mastery_history
  where user_id = %(learner)s and concept_tag = %(concept)s and trigger_type <> 'decay' and created_at <= %(until)s
  order by created_at desc, interaction_id desc
  limit %(max_rows)s offset %(skip)s
) h
left join public.interactions i on i.id = h.interaction_id
left join public.mastery_history d
  on d.user_id = %(learner)s and d.created_at = h.created_at and d.interaction_id = h.interaction_id and d.trigger_type = 'decay'
order by h.created_at desc, h.interaction_id desc
