-- From a row a learner and bin: count(distinct learner) beside other sums makes DuckDB keep all answers.
with learners as (
  select
    least(floor(before * 10)::bigint, 9) as bin, learner, count(*) as answers, count(*) filter (where is_correct) as correct,
    sum(before) as forecasts
  from read_parquet($files, hive_partitioning = false)
  where is_correct is not null
  group by bin, learner
)
select
  bin, count(*) as learners, sum(answers)::bigint as answers, sum(correct)::bigint as "right", sum(forecasts) / sum(answers) as forecast
from learners
group by bin
