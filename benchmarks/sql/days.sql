-- Mean mastery at the end of each UTC day of a range, at its last moment for the last day: each concept as it last closed,
-- forgetting since, once it has three observations.
with closings as (
  select d.concept_tag, d.day, d.closed_at, d.closing_score, d.observations
  from public.mastery_daily d
  where d.user_id = %(learner)s and d.day >= (%(since)s at time zone 'UTC')::date
  union all
  select m.concept_tag, (%(since)s at time zone 'UTC')::date - 1, earlier.created_at, earlier.mastery_score, earlier.opportunity
  from public.student_mastery m
  cross join lateral (
    select h.created_at, h.mastery_score, h.opportunity
    from public.mastery_history h
    where h.user_id = m.user_id and h.concept_tag = m.concept_tag and h.trigger_type <> 'decay'
      and h.created_at < date_trunc('day', %(since)s, 'UTC')
    order by h.created_at desc, h.interaction_id desc
    limit 1
  ) earlier
  where m.user_id = %(learner)s
),
in_force as (
  select concept_tag, closed_at, closing_score,
         sum(observations) over of_concept as observations,
         greatest(day, (%(since)s at time zone 'UTC')::date) as first_day,
         coalesce(lead(day) over of_concept - 1, (%(until)s at time zone 'UTC')::date) as last_day
  from closings
  window of_concept as (partition by concept_tag order by day)
)
select least(((day + 1)::timestamp at time zone 'UTC'), %(until)s) as moment,
       avg(c.closing_score * power(
         m.decay_factor,
         extract(epoch from least(((day + 1)::timestamp at time zone 'UTC'), %(until)s) - c.closed_at)::float / 86400 / s.decay_period_days))
from in_force c
join public.student_mastery m on m.user_id = %(learner)s and m.concept_tag = c.concept_tag
cross join public.mastery_settings s
cross join lateral (select c.first_day + n as day from generate_series(0, c.last_day - c.first_day) n) days
where c.observations >= 3
group by moment
order by moment
