-- A row a learner. Days are counted from a row each: counting distinct ones would keep a set a learner.
with days as (
  select learner, epoch_us("at") // 86400000000 as day, count(*) as observations, sum(delta) as gained
  from read_parquet($files, hive_partitioning = false)
  where trigger <> 'reset'
  group by learner, day
),
learners as (
  select
    learner, sum(observations)::bigint as observations, sum(gained) as gained, min(day) as first_day, max(day) as last_day,
    count(*) as days_practised
  from days
  group by learner
)
select
  learner, observations, gained, first_day, last_day, days_practised, last_day - first_day + 1 as days,
  gained / (last_day - first_day + 1) as per_day, gained / days_practised as per_day_practised, gained * 10 / observations as per_10
from learners
