-- Of the learners of each concept; a group of its own first takes less than count(distinct …).
with pairs as (
  select concept, learner from read_parquet($files, hive_partitioning = false) where trigger <> 'reset' group by concept, learner
)
select concept, count(*) as learners from pairs group by concept
