-- A row a learner and concept.
with days as (
  select learner, concept, epoch_us("at") // 86400000000 as day, count(*) as observations, sum(delta) as gained
  from read_parquet($files, hive_partitioning = false)
  where trigger <> 'reset'
  group by learner, concept, day
),
pairs as (
  select
    learner, concept, sum(observations)::bigint as observations, sum(gained) as gained, min(day) as first_day, max(day) as last_day,
    count(*) as days_practised
  from days
  group by learner, concept
)
select
  learner, concept, observations, gained, first_day, last_day, days_practised, last_day - first_day + 1 as days,
  gained / (last_day - first_day + 1) as per_day, gained / days_practised as per_day_practised, gained * 10 / observations as per_10
from pairs
