document.body.textContent = 'Coffee bar';
