insert into public.mastery_history
  (interaction_id, user_id, concept_tag, mastery_score, delta, trigger_type, opportunity, is_correct,
   practised, forgotten, correct, graded, created_at)
values (%(interaction)s, %(learner)s, %(concept)s, 0.6, 0.1, 'quiz', 1, true, 0.1, 0, 1, 1, %(at)s)
