-- The quartiles of the scores of a learner's cohort by concept, in steps of 5 points, at the end of a UTC day, at the latest the last one,
-- where five have enough observations.
with ending as (
  select least(date_trunc('day', %(at)s, 'UTC') + interval '1 day', date_trunc('day', now(), 'UTC')) - interval '1 microsecond' as at
),
members as (
  select m.user_id from public.cohort_members m
  where m.role = 'student' and m.cohort_id = coalesce(%(cohort)s, (
    select own.cohort_id from public.cohort_members own where own.user_id = %(learner)s and own.role = 'student' limit 1))
),
scores as (
  select m.concept_tag,
         round(s.score * power(m.decay_factor, extract(epoch from ending.at - s.at)::float / 86400 / settings.decay_period_days) * 20) / 20 as score
  from members
  join public.student_mastery m using (user_id)
  cross join ending
  cross join public.mastery_settings settings
  cross join lateral (
    select m.mastery_score as score, m.last_assessed_at as at, m.observations where m.last_assessed_at <= ending.at
    union all (
      select h.mastery_score, h.created_at, h.opportunity
      from public.mastery_history h
      where m.last_assessed_at > ending.at and h.user_id = m.user_id and h.concept_tag = m.concept_tag and h.trigger_type <> 'decay'
        and h.created_at <= ending.at
      order by h.created_at desc, h.interaction_id desc
      limit 1)
  ) s
  where s.observations >= 3
)
select concept_tag, count(*) as learners, percentile_cont(array[0.25, 0.5, 0.75]) within group (order by score) as quartiles
from scores
group by concept_tag
having count(*) >= 5
order by concept_tag
