with learners as materialized (select user_id from public.cohort_members where cohort_id = %(cohort)s::uuid and role = 'student'),
asked as (select n::integer, at, date_part('epoch', at) as epoch from unnest(%(moments)s::timestamptz[]) with ordinality as moment (at, n)),
rows as materialized (
  select d.* from learners join public.mastery_daily d using (user_id)
  where d.day >= ((%(moments)s::timestamptz[])[1] at time zone 'UTC')::date
),
later as (
  select user_id, concept_tag, sum(gained + lost + forgotten + adjusted) as moved, sum(observations) as observations, min(previous_at) as previous_at,
         bool_or(previous_at is null) as is_all
  from rows where day > ((%(moments)s::timestamptz[])[1] at time zone 'UTC')::date
  group by user_id, concept_tag
),
states as (
  select m.user_id, m.concept_tag, m.mastery_score - coalesce(l.moved, 0) as stored,
         date_part('epoch', case when l.user_id is null then m.last_assessed_at else l.previous_at end) as at,
         m.observations - coalesce(l.observations, 0) as observations, ln(m.decay_factor) as log_kept
  from learners join public.student_mastery m using (user_id) left join later l on l.user_id = m.user_id and l.concept_tag = m.concept_tag
  where l.is_all is not true
  union all
  select r.user_id, r.concept_tag, r.closing_score, date_part('epoch', r.closed_at), r.opportunity, ln(m.decay_factor)
  from rows r join public.student_mastery m using (user_id, concept_tag)
  where r.closed_at > (%(moments)s::timestamptz[])[1]
),
placed as (select *, width_bucket(at - 0.000001, (select array_agg(epoch order by n) from asked)) as before from states),
numbered as (
  select *, coalesce(lead(before) over (partition by user_id, concept_tag order by at), cardinality(%(moments)s::timestamptz[])) as last_n from placed
),
alike as (
  select n.user_id, n.before + 1 as first_n, n.last_n, n.log_kept, a.epoch, count(*) as concepts,
         sum(n.stored * exp(greatest(-300, n.log_kept * (a.epoch - n.at) / 86400))) as total
  from numbered n join asked a on a.n = n.before + 1
  where n.observations >= 3 and n.before < n.last_n
  group by n.user_id, n.before, n.last_n, n.log_kept, a.epoch
),
means as (
  select alike.user_id, a.n, sum(total * exp(greatest(-300, log_kept * (a.epoch - alike.epoch) / 86400))) / sum(concepts) as mean
  from alike join asked a on a.n between first_n and last_n
  group by alike.user_id, a.n
)
select n, count(*), percentile_cont(0.1) within group (order by mean), percentile_cont(0.5) within group (order by mean),
       percentile_cont(0.9) within group (order by mean)
from means group by n order by n
