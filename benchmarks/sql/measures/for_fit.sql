with answers as not materialized (
  select concept, learner, gap, is_correct
  from read_parquet($files, hive_partitioning = false)
  where opportunity > 1 and is_correct is not null and gap is not null
),
steps as (
  select
    concept, floor(log2(greatest(gap, 1)) * 8 + 1e-9)::bigint as step, count(*) as answers, count(*) filter (where is_correct) as "right",
    avg(gap) / 86400 as gap_days
  from answers
  group by concept, step
),
pairs as (
  select concept, learner from answers group by concept, learner
),
people as (
  select concept, count(*) as learners from pairs group by concept
)
select concept, step, answers, "right", learners, gap_days from steps join people using (concept)
