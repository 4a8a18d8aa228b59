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
)
select cohort, concept, month, band::bigint as band, kind, count(*) as learners, sum(events)::bigint as events
from placed join pairs using (learner, concept)
group by cohort, concept, month, band, kind
