insert into auth.users (id, raw_user_meta_data)
select md5('learner' || n)::uuid, jsonb_build_object('display_name', 'Learner ' || n)
from generate_series(1, %(learners)s::integer) n
