-- The cohorts of five students or more that a learner is a student of.
select c.id, c.name, count(*) as learners
from public.cohort_members own
join public.cohorts c on c.id = own.cohort_id and c.archived_at is null
join public.cohort_members m on m.cohort_id = c.id and m.role = 'student'
where own.user_id = %(learner)s and own.role = 'student'
group by c.id
having count(*) >= 5
order by c.name
