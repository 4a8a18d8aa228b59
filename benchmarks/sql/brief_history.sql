select * from public.mastery_history
where user_id = %(user_id)s and created_at >= %(since)s
order by created_at desc
limit %(limit)s
