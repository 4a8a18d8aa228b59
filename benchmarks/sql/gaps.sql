-- Answers between two moments by how long their concept had not been practised.
with practised as (
  select concept_tag, created_at, is_correct, lag(created_at) over (partition by concept_tag order by created_at, interaction_id) as before
  from public.mastery_history
  where user_id = %(learner)s and created_at >= %(since)s and created_at <= %(until)s and trigger_type not in ('decay', 'reset')
),
answers as (
  select p.is_correct, width_bucket(extract(epoch from p.created_at - coalesce(p.before, earlier.created_at))::float / 86400, %(edges)s::float[]) as class
  from practised p
  left join lateral (
    select h.created_at from public.mastery_history h
    where p.before is null and h.user_id = %(learner)s and h.concept_tag = p.concept_tag and h.trigger_type not in ('decay', 'reset') and h.created_at < %(since)s
    order by h.created_at desc
    limit 1
  ) earlier on true
  where p.is_correct is not null and coalesce(p.before, earlier.created_at) is not null
)
select class, count(*) as graded, count(*) filter (where is_correct) as correct from answers group by class order by class
