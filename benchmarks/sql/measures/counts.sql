with placed as (
  select
    learner, cohort, concept,
    (year(make_timestamp(epoch_us("at"))) - 1970) * 12 + month(make_timestamp(epoch_us("at"))) - 1 as month,
    case when is_correct is not null then 'answer' when trigger = 'reset' then 'reset' else 'other' end as kind,
    count(*) as events
  from read_parquet($files, hive_partitioning = false)
  group by all
),
pairs as (
  select
    learner, concept,
    case when sum(events) >= 20 then 20 when sum(events) >= 10 then 10 when sum(events) >= 5 then 5 when sum(events) >= 3 then 3 else 1 end as band
  from placed
  where kind <> 'reset'
  group by learner, concept
),
banded as (
  select * from placed join pairs using (learner, concept)
),
sizes as (
  select cohort, concept, month, band, kind, count(*) as learners from banded group by cohort, concept, month, band, kind
),
parted as (
  select
    learner, case when learners < 5 then 'withheld' when band >= 5 then 'selected' else 'left out' end as part, sum(events) as events
  from banded join sizes using (cohort, concept, month, band, kind)
  group by learner, part
)
select
  count(*) filter (where part = 'selected') as learners, coalesce(sum(events) filter (where part = 'selected'), 0)::bigint as events,
  if(
    count(*) filter (where part = 'withheld') between 1 and 4, null, coalesce(sum(events) filter (where part = 'withheld'), 0)
  )::bigint as withheld_events
from parted
