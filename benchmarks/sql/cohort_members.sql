with cohort as (insert into public.cohorts (name) values (%(name)s) returning id),
people as (
  insert into auth.users (id, raw_user_meta_data)
  select gen_random_uuid(), jsonb_build_object('display_name', 'Learner ' || n) from generate_series(1, %(learners)s::integer) n
  returning id
)
insert into public.cohort_members (cohort_id, user_id) select cohort.id, people.id from cohort, people
