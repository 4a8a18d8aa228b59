-- The last practice step of some concepts before a moment: where their curves start from.
select m.concept_tag, m.decay_factor, earlier.created_at, earlier.mastery_score
from public.student_mastery m
left join lateral (
  select h.created_at, h.mastery_score
  from public.mastery_history h
  where h.user_id = m.user_id and h.concept_tag = m.concept_tag and h.trigger_type <> 'decay' and h.created_at <= %(since)s
  order by h.created_at desc, h.interaction_id desc
  limit 1
) earlier on true
where m.user_id = %(learner)s and m.concept_tag = any (%(concepts)s)
