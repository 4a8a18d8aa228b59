-- Cells of ten-thousandths of each forecast, from as few rows as can be: a skill mean is that of a concept and a quarter of the learners, a success
-- rate that of two counts; a row is of one outcome, so that its chance is 1 less how far the forecast was off.
with answers as (
  select
    learner, concept, successes, failures, before, is_correct::int as correct,
    case when learner < '4' then 0 when learner < '8' then 1 when learner < 'c' then 2 else 3 end as quarter
  from read_parquet($files, hive_partitioning = false)
  where is_correct is not null
),
concepts as (
  select concept, quarter, correct, count(*) as answers from answers group by concept, quarter, correct
),
others as (
  select
    quarter, correct, answers,
    sum(answers) over (partition by concept) - sum(answers) over (partition by concept, quarter) as taught,
    sum(answers * correct) over (partition by concept) - sum(answers * correct) over (partition by concept, quarter) as taught_correct,
    sum(answers) over () - sum(answers) over (partition by quarter) as taught_of_all,
    sum(answers * correct) over () - sum(answers * correct) over (partition by quarter) as taught_correct_of_all
  from concepts
),
said as (
  select 'mastery' as forecaster, 0 as quarter, before as forecast, correct, 1 as answers from answers
  union all
  select
    'skill mean', quarter,
    case when taught > 0 then taught_correct / taught when taught_of_all > 0 then taught_correct_of_all / taught_of_all else 0.5 end, correct,
    answers
  from others
  union all
  select 'running success rate', 0, (successes + 1) / (successes + failures + 2), correct, count(*)
  from answers
  group by successes, failures, correct
),
cells as (
  select
    forecaster, quarter, floor(forecast * 10000 + 0.5) as cell, sum(answers) as answers, sum(answers * correct)::double as correct,
    sum(-answers * ln(least(greatest(1 - off, 0.001), 0.999))) as loss, sum(answers * off * off) as square
  from (select *, abs(correct - forecast) as off from said)
  group by forecaster, quarter, cell
),
ranked as (
  select *, sum(answers - correct) over (partition by forecaster, quarter order by cell) - (answers - correct) as wrong_below from cells
),
quarters as (
  select
    forecaster, sum(answers) as answers, sum(correct) as correct, sum(loss) as loss, sum(square) as square,
    sum(correct * (wrong_below + (answers - correct) / 2)) as won, sum(correct) * sum(answers - correct) as pairs
  from ranked
  group by forecaster, quarter
),
people as (
  select count(*) as learners from (select learner from answers group by learner)
)
select
  forecaster, any_value(learners) as learners, sum(answers)::bigint as answers, sum(correct)::bigint as "right",
  sum(loss) / sum(answers) as log_loss, sum(square) / sum(answers) as brier, sum(won) / sum(pairs) as auc
from quarters cross join people
group by forecaster
