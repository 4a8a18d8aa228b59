-- A learner answers at an opportunity of a concept once, so that there are as many learners as answers.
select
  concept, opportunity::bigint as opportunity, count(*) as answers, count(*) as learners, count(*) filter (where not is_correct) as errors,
  avg((not is_correct)::int) as error_rate
from read_parquet($files, hive_partitioning = false)
where is_correct is not null and opportunity <= 100
group by concept, opportunity
