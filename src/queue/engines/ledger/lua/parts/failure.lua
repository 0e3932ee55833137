--- failure(why, facts): why a task ended that no worker finished, as it is stored: what the words are made of that readers see (stored-error.ts).
local function failure(why, facts)
  facts = facts or {}
  facts.why = why
  return cjson.encode(facts)
end
