-- Error rates by concept and opportunity of a selection: of learners with five observations or more on the concept, and where at least five
-- learners are at one point, which is an opportunity in a cohort, concept, month, band and kind.
with placed as (
  select
    learner, cohort, concept, opportunity, is_correct,
    (year(make_timestamp(epoch_us("at"))) - 1970) * 12 + month(make_timestamp(epoch_us("at"))) - 1 as month,
    case when is_correct is not null then 'answer' when trigger = 'reset' then 'reset' else 'other' end as kind
  from read_parquet($files, hive_partitioning = false)
),
bands as (
  select learner, concept, case when count(*) >= 20 then 20 when count(*) >= 10 then 10 else 5 end as band
  from placed
  where kind <> 'reset'
  group by learner, concept
  having count(*) >= 5
),
banded as (
  select * from placed join bands using (learner, concept)
),
points as (
  select cohort, concept, month, band, kind, opportunity
  from (select distinct learner, cohort, concept, month, band, kind, opportunity from banded)
  group by cohort, concept, month, band, kind, opportunity
  having count(*) >= 5
)
select
  concept, opportunity::bigint as opportunity, count(*) as answers, count(*) as learners, count(*) filter (where not is_correct) as errors,
  avg((not is_correct)::int) as error_rate
from banded semi join points using (cohort, concept, month, band, kind, opportunity)
where is_correct is not null and opportunity <= 100
group by concept, opportunity
