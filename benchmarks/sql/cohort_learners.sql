with learners as materialized (select user_id from public.cohort_members where cohort_id = %(cohort)s::uuid and role = 'student'),
stood as (
  select d.user_id, d.closing_score - (d.gained + d.lost + d.forgotten + d.adjusted) as stored, d.opportunity - d.observations as observations,
         m.decay_factor, d.previous_at as at
  from learners join public.mastery_daily d using (user_id) join public.student_mastery m using (user_id, concept_tag)
  where d.day > (%(until)s::timestamptz at time zone 'UTC')::date and d.previous_at < date_trunc('day', %(until)s::timestamptz, 'UTC') + interval '1 day'
  union all
  select m.user_id, m.mastery_score, m.observations, m.decay_factor, m.last_assessed_at
  from learners join public.student_mastery m using (user_id)
  where m.last_assessed_at < date_trunc('day', %(until)s::timestamptz, 'UTC') + interval '1 day'
),
scores as (
  select *, stored * exp(greatest(-300, ln(decay_factor) * date_part('epoch', %(until)s::timestamptz - at) / 86400)) as score from stood
),
standing as (
  select user_id, max(at) as last_activity, count(*) filter (where observations >= 3) as known, count(*) filter (where observations < 3) as apart,
         avg(score) filter (where observations >= 3) as mean, avg(stored) filter (where observations >= 3) as mean_stored,
         count(*) filter (where observations >= 3 and score < %(weak)s) as weak, count(*) filter (where observations >= 3 and score >= %(mastered)s) as mastered
  from scores group by user_id
),
practice as (
  select user_id, sum(days) as days, sum(observations) as observations, sum(graded) as graded, sum(correct) as correct, sum(gained) as gained, sum(lost) as lost
  from (
    select d.user_id, bit_count(bit_or(1::bigint << ((d.day - %(since)s::date) %% 64))::bit(64)) as days, sum(d.observations) as observations,
           sum(d.graded) as graded, sum(d.correct) as correct, sum(d.gained) as gained, sum(d.lost) as lost
    from learners join public.mastery_daily d using (user_id)
    where d.day > %(since)s::date and d.day <= (%(until)s::timestamptz at time zone 'UTC')::date and d.observations > 0
    group by d.user_id, (d.day - %(since)s::date) / 64
  ) days group by user_id
),
recent as (
  select user_id, count(*) filter (where practised > 0.05 + 1e-9) as improving, count(*) filter (where practised < -0.05 - 1e-9) as declining
  from (
    select d.user_id, sum(d.gained + d.lost) as practised
    from learners join public.mastery_daily d using (user_id)
    where d.day > (%(until)s::timestamptz at time zone 'UTC')::date - 7 and d.day <= (%(until)s::timestamptz at time zone 'UTC')::date
    group by d.user_id, d.concept_tag having sum(d.observations) >= 2
  ) moved group by user_id
)
select p.id, p.display_name, s.known, s.apart, s.mean, s.mean_stored, s.weak, s.mastered, r.improving, r.declining, date_part('epoch', s.last_activity),
       d.days, d.observations, d.graded, d.correct, d.gained, d.lost
from learners join public.profiles p on p.id = learners.user_id
left join standing s using (user_id) left join practice d using (user_id) left join recent r using (user_id)
