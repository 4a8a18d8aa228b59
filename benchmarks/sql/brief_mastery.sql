select * from public.student_mastery where user_id = %(user_id)s
