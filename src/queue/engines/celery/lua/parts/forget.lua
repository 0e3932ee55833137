--- forget(id): deletes what Celery's result store has of a task, and what still waits to be answered for.
--- @include in-backend
local function forget(id)
  call('ZREM', P .. 'unanswered', id)
  in_backend(function() call('DEL', G .. 'celery-task-meta-' .. id) end)
end
