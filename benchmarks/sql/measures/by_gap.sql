-- From a row a learner and class: count(distinct learner) beside other sums makes DuckDB keep all answers.
with classed as (
  select
    learner, is_correct, gap,
    case
      when gap < 28800 then
        case when gap < 60 then 0 when gap < 600 then 1 when gap < 3600 then 2 else 3 end
      when gap < 604800 then
        case when gap < 86400 then 4 when gap < 172800 then 5 when gap < 345600 then 6 else 7 end
      when gap < 1209600 then 8
      when gap < 2592000 then 9
      when gap < 5184000 then 10
      when gap < 10368000 then 11
      when gap < 31536000 then 12
      else 13
    end::bigint as bin
  from read_parquet($files, hive_partitioning = false)
  where opportunity > 1 and is_correct is not null and gap is not null
),
learners as (
  select bin, learner, count(*) as answers, count(*) filter (where is_correct) as correct, sum(gap) as gaps
  from classed
  group by bin, learner
)
select
  bin, sum(answers)::bigint as answers, sum(correct)::bigint as "right", count(*) as learners, sum(gaps) / sum(answers) / 86400 as gap_days
from learners
group by bin
