-- Cells of ten-thousandths of each forecast, from as few rows as can be: a skill mean is that of a concept, a success rate that of two counts.
with judged as (
  select learner, concept, opportunity, before, is_correct::int as correct
  from read_parquet($files, hive_partitioning = false)
  where is_correct is not null and (ends_with(learner, '0') or ends_with(learner, '4') or ends_with(learner, '8') or ends_with(learner, 'c'))
),
trained as (
  select concept, count(*) as answers, count(*) filter (where is_correct) as correct
  from read_parquet($files, hive_partitioning = false)
  where is_correct is not null and not (ends_with(learner, '0') or ends_with(learner, '4') or ends_with(learner, '8') or ends_with(learner, 'c'))
  group by concept
),
counted as (
  select correct, sum(correct) over earlier - correct as correct_before, row_number() over earlier - 1 as answers_before
  from judged
  window earlier as (partition by learner, concept order by opportunity rows unbounded preceding)
),
said as (
  select 'mastery' as forecaster, before as forecast, correct, 1 as answers from judged
  union all
  select
    'skill mean', coalesce(trained.correct / trained.answers, (select sum(correct) / sum(answers) from trained), 0.5), met.correct, met.answers
  from (select concept, correct, count(*) as answers from judged group by concept, correct) as met left join trained using (concept)
  union all
  select 'running success rate', (correct_before + 1) / (answers_before + 2), correct, count(*)
  from counted
  group by correct_before, answers_before, correct
),
cells as (
  select
    forecaster, floor(forecast * 10000 + 0.5) as cell, sum(answers) as answers, sum(answers * correct)::double as correct,
    sum(answers * -ln(if(correct = 1, held, 1 - held))) as loss, sum(answers * (forecast - correct) * (forecast - correct)) as square
  from (select *, least(greatest(forecast, 0.001), 0.999) as held from said)
  group by forecaster, cell
),
ranked as (
  select *, sum(answers - correct) over (partition by forecaster order by cell) - (answers - correct) as wrong_below from cells
),
people as (
  select count(*) as learners from (select learner from judged group by learner)
)
select
  forecaster, any_value(learners) as learners, sum(answers)::bigint as answers, sum(correct)::bigint as "right",
  sum(loss) / sum(answers) as log_loss, sum(square) / sum(answers) as brier,
  sum(correct * (wrong_below + (answers - correct) / 2)) / (sum(correct) * sum(answers - correct)) as auc
from ranked cross join people
group by forecaster
