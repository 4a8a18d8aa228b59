-- The practice steps of some concepts between two moments.
select concept_tag, created_at, mastery_score, delta, trigger_type
from public.mastery_history
where user_id = %(learner)s and concept_tag = any (%(concepts)s) and trigger_type <> 'decay'
  and created_at > %(since)s and created_at <= %(until)s
order by concept_tag, created_at, interaction_id
