with learners as materialized (select user_id from public.cohort_members where cohort_id = %(cohort)s::uuid and role = 'student'),
asked as materialized (
  select n::integer, date_part('epoch', at) as epoch from unnest(%(moments)s::timestamptz[]) with ordinality as moment (at, n)
),
epochs as materialized (select array_agg(epoch order by n) as each, max(epoch) as latest from asked),
mastery as materialized (select m.* from learners join public.student_mastery m using (user_id)),
stretches as (
  select d.user_id, d.closing_score - (d.gained + d.lost + d.forgotten + d.adjusted) as stored, date_part('epoch', d.previous_at) as began,
         width_bucket(date_part('epoch', d.closed_at) - 0.000001, e.each) as last_n, ln(m.decay_factor) as log_kept
  from learners join public.mastery_daily d using (user_id) join mastery m using (user_id, concept_tag) cross join epochs e
  where d.day > ((%(moments)s::timestamptz[])[1] at time zone 'UTC')::date and d.opportunity - d.observations >= 3
  union all
  select m.user_id, m.mastery_score, date_part('epoch', m.last_assessed_at), cardinality(e.each), ln(m.decay_factor)
  from mastery m cross join epochs e
  where m.observations >= 3
),
placed as (select s.*, width_bucket(s.began - 0.000001, e.each) + 1 as first_n from stretches s cross join epochs e where s.began <= e.latest),
alike as (
  select p.user_id, p.first_n, p.last_n, p.log_kept, a.epoch, count(*) as concepts,
         sum(p.stored * exp(greatest(-300, p.log_kept * (a.epoch - p.began) / 86400))) as total
  from placed p join asked a on a.n = p.first_n
  where p.first_n <= p.last_n
  group by p.user_id, p.first_n, p.last_n, p.log_kept, a.epoch
),
means as (
  select alike.user_id, a.n, sum(total * exp(greatest(-300, log_kept * (a.epoch - alike.epoch) / 86400))) / sum(concepts) as mean
  from alike join asked a on a.n between first_n and last_n
  group by alike.user_id, a.n
)
select n, count(*), percentile_cont(0.1) within group (order by mean), percentile_cont(0.5) within group (order by mean),
       percentile_cont(0.9) within group (order by mean)
from means group by n order by n
