-- Where a learner stands now: each concept as last practised and what is left of it.
select m.concept_tag, m.mastery_score, m.last_assessed_at, m.observations, m.decay_factor,
       m.mastery_score * power(
         m.decay_factor,
         greatest(extract(epoch from %(at)s - m.last_assessed_at)::float / 86400, 0) / s.decay_period_days) as decayed
from public.student_mastery m cross join public.mastery_settings s
where m.user_id = %(learner)s
