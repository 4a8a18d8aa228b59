-- The rule of the score, once: what record_outcome applies to one outcome is what replay folds over all of them.
--
-- Scores live on a grid of 2^-44 (5.7e-14). Differences and sums of grid values are exact in double precision, which is
-- why a history telescopes exactly: initial score + the sum of all deltas = the stored score.

-- The outcomes of one learner on one concept, in order, from a score on: two numbers an outcome, the score when it came and the score
-- after. Time without practice leaves score * decay_factor ^ (elapsed / period); no time has passed since nothing, or where an outcome
-- comes before the last one. A reset puts its own score in force.
-- What would be below e^-600 of a score is 0, where power() would raise an underflow. A score below 1e-30 (only a database from before
-- may hold one) stays as it is: its product would underflow, which is an error.
create function private.fold(
  score float, decay_factor float, period_days float, elapsed_days float[], delta float[], reset_to float[] default null)
returns float[] language plpgsql immutable parallel safe set search_path = '' as $$
declare
  grid constant float := 17592186044416;
  vanishing_days constant float := case
    when decay_factor = 1 then 'infinity' when decay_factor = 0 then 0 else -600 / ln(decay_factor) * period_days end;
  scores float[];
  decayed float;
begin
  for n in 1 .. cardinality(elapsed_days) loop
    decayed := case
      when elapsed_days[n] is null or elapsed_days[n] <= 0 or decay_factor = 1 or score < 1e-30 then score
      when elapsed_days[n] > vanishing_days then 0
      else least(score, round(score * power(decay_factor, elapsed_days[n] / period_days) * grid) / grid)
    end;
    score := coalesce(reset_to[n], least(1, greatest(0, round((decayed + delta[n]) * grid) / grid)));
    scores[2 * n - 1] := decayed;
    scores[2 * n] := score;
  end loop;
  return scores;
end
$$;

-- Who asks.

create function private.is_service() returns boolean language sql stable set search_path = '' as $$
  select current_setting('role', true) in ('service_role', 'none')
$$;
comment on function private.is_service() is
  'The service, or the owner of the database at its own console. PostgREST and the embedded transport always set a role.';

create function private.require_writer(learner uuid) returns void language plpgsql stable set search_path = '' as $$
begin
  if not private.is_service() and learner is distinct from auth.uid() then
    raise exception 'You may record and change only what is your own.' using errcode = '42501';
  end if;
end
$$;

create function private.require_service() returns void language plpgsql stable set search_path = '' as $$
begin
  if not private.is_service() then
    raise exception 'This is for the service alone.' using errcode = '42501';
  end if;
end
$$;

create function private.is_keeper() returns boolean language plpgsql stable security definer set search_path = '' as $$
begin
  return private.is_service()
    or exists (select from auth.users where id = auth.uid() and raw_app_meta_data ->> 'role' = 'admin');
end
$$;
comment on function private.is_keeper() is 'Those who keep the house: the service, and administrators.';

create function private.require_keeper() returns void language plpgsql stable set search_path = '' as $$
begin
  if not private.is_keeper() then
    raise exception 'This is for administrators.' using errcode = '42501';
  end if;
end
$$;

-- Whom the policies do not show does not exist for the one who asks.
create function private.require_visible(person uuid) returns void language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (select from public.profiles where id = person)
     or not private.is_service() and not person = any (private.visible_people()) then
    raise exception 'There is no such person, or not one you may see.' using errcode = 'P0002';
  end if;
end
$$;

-- What may be written.

create function private.require_concept(concept text) returns void language plpgsql immutable set search_path = '' as $$
begin
  if concept is null or btrim(concept) = '' then
    raise exception 'A concept needs a name.' using errcode = '22023';
  elsif length(concept) > 500 then
    raise exception 'A concept name has at most 500 characters; this one has %.', length(concept) using errcode = '22023';
  elsif concept ~ '[\u0001-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]' then
    raise exception 'A concept name holds no control or invisible direction characters.' using errcode = '22023';
  end if;
end
$$;

create function private.require_time(at timestamptz) returns void language plpgsql stable set search_path = '' as $$
begin
  if at is null or not isfinite(at) or at < '1970-01-01Z' or at > now() + interval '1 day' then
    raise exception 'The time % cannot be: it lies before 1970 or in the future.', coalesce(at::text, 'nothing') using errcode = '22023';
  end if;
end
$$;

create function private.rule_of(wanted text) returns public.outcome_rules language plpgsql stable set search_path = '' as $$
declare
  rule public.outcome_rules;
begin
  select * into rule from public.outcome_rules where outcome = wanted and trigger_type <> 'reset';
  if not found then
    raise exception 'Unknown outcome "%": use one of %.', left(wanted, 80),
      (select string_agg(outcome, ', ' order by outcome) from public.outcome_rules where trigger_type <> 'reset')
      using errcode = '22023';
  end if;
  return rule;
end
$$;

create function private.lock_learner(learner uuid) returns void language plpgsql set search_path = '' as $$
begin
  perform from public.profiles where id = learner for no key update;
  if not found then
    raise exception 'There is no such person.' using errcode = 'P0002';
  end if;
end
$$;
comment on function private.lock_learner(uuid) is 'The one lock of every write: one learner, one writer at a time.';
