-- The rules in force, with a learner's own thresholds.
select s.initial_score, s.decay_factor, s.decay_period_days, coalesce(p.weak_below, s.weak_threshold) as weak_below,
       coalesce(p.mastered_from, s.mastered_threshold) as mastered_from, r.outcome, r.delta
from public.mastery_settings s cross join public.profiles p cross join public.outcome_rules r
where p.id = %(learner)s
