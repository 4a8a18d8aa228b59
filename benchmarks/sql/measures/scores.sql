-- Cells of ten-thousandths of each forecast, from as few rows as can be: a skill mean is that of a concept and a quarter of the learners, a success
-- rate that of two counts.
with answers as (
  select
    learner, concept, opportunity, before, is_correct::int as correct,
    case
      when ends_with(learner, '0') or ends_with(learner, '4') or ends_with(learner, '8') or ends_with(learner, 'c') then 0
      when ends_with(learner, '1') or ends_with(learner, '5') or ends_with(learner, '9') or ends_with(learner, 'd') then 1
      when ends_with(learner, '2') or ends_with(learner, '6') or ends_with(learner, 'a') or ends_with(learner, 'e') then 2
      else 3
    end as quarter
  from read_parquet($files, hive_partitioning = false)
  where is_correct is not null
),
concepts as (
  select concept, quarter, count(*) as answers, sum(correct) as correct from answers group by concept, quarter
),
others as (
  select
    quarter, correct, answers,
    sum(answers) over (partition by concept) - answers as taught,
    sum(correct) over (partition by concept) - correct as taught_correct,
    sum(answers) over () - sum(answers) over (partition by quarter) as taught_of_all,
    sum(correct) over () - sum(correct) over (partition by quarter) as taught_correct_of_all
  from concepts
),
counted as (
  select quarter, correct, sum(correct) over earlier - correct as correct_before, row_number() over earlier - 1 as answers_before
  from answers
  window earlier as (partition by learner, concept order by opportunity rows unbounded preceding)
),
said as (
  select 'mastery' as forecaster, quarter, before as forecast, correct, 1 as answers from answers
  union all
  select
    'skill mean', quarter,
    case when taught > 0 then taught_correct / taught when taught_of_all > 0 then taught_correct_of_all / taught_of_all else 0.5 end, correct,
    answers
  from others
  union all
  select 'running success rate', quarter, (correct_before + 1) / (answers_before + 2), sum(correct), count(*)
  from counted
  group by quarter, correct_before, answers_before
),
cells as (
  select
    forecaster, quarter, floor(forecast * 10000 + 0.5) as cell, sum(answers) as answers, sum(correct)::double as correct,
    sum(-(correct * ln(held) + (answers - correct) * ln(1 - held))) as loss,
    sum(correct * (1 - forecast) * (1 - forecast) + (answers - correct) * forecast * forecast) as square
  from (select *, least(greatest(forecast, 0.001), 0.999) as held from said)
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
