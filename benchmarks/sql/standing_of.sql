-- Where a learner stood at a moment on some concepts.
select m.concept_tag, s.score, s.at, s.observations, m.decay_factor,
       s.score * power(m.decay_factor, greatest(extract(epoch from %(at)s - s.at)::float / 86400, 0) / settings.decay_period_days) as decayed
from public.student_mastery m
cross join public.mastery_settings settings
cross join lateral (
  select m.mastery_score as score, m.last_assessed_at as at, m.observations where m.last_assessed_at <= %(at)s
  union all (
    select h.mastery_score, h.created_at, h.opportunity
    from public.mastery_history h
    where m.last_assessed_at > %(at)s and h.user_id = m.user_id and h.concept_tag = m.concept_tag and h.trigger_type <> 'decay'
      and h.created_at <= %(at)s
    order by h.created_at desc, h.interaction_id desc
    limit 1)
) s
where m.user_id = %(learner)s and m.concept_tag = any (%(concepts)s)
