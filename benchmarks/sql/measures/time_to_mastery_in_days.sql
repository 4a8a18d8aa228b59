with pairs as (
  select
    concept, min(epoch_us("at")) filter (where after >= 0.8) as reaching, min(epoch_us("at")) as first, max(epoch_us("at")) as last
  from read_parquet($files, hive_partitioning = false)
  where trigger <> 'reset'
  group by learner, cohort, concept
)
select
  concept, ceil((coalesce(reaching, last) - first) / 86400e6)::bigint as duration, count(reaching) as reached,
  count(*) - count(reaching) as censored
from pairs
group by concept, duration
