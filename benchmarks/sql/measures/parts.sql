with learners as (
  select learner, count(*) as answers
  from read_parquet($files, hive_partitioning = false)
  where is_correct is not null
  group by learner
)
select
  if(ends_with(learner, '0') or ends_with(learner, '4') or ends_with(learner, '8') or ends_with(learner, 'c'), 'judged', 'training') as part, count(*) as learners, sum(answers)::bigint as answers
from learners
group by part
