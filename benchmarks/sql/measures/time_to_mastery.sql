with pairs as (
  select
    concept, min(opportunity) filter (where after >= 0.8) as reaching, max(opportunity) as last
  from read_parquet($files, hive_partitioning = false)
  where trigger <> 'reset'
  group by learner, cohort, concept
)
select
  concept, coalesce(reaching, last)::bigint as duration, count(reaching) as reached, count(*) - count(reaching) as censored
from pairs
group by concept, duration
