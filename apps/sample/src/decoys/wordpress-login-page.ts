/** Real enough for a scanner to go on, and to meet the ban with its next request. */
export const WORDPRESS_LOGIN_PAGE = `<!DOCTYPE html>
<html lang="en-US">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">
<title>Log In &lsaquo; Parcels &#8212; WordPress</title>
<meta name="robots" content="max-image-preview:large, noindex, noarchive">
</head>
<body class="login no-js login-action-login wp-core-ui locale-en-us">
<div id="login">
<h1><a href="https://wordpress.org/">Powered by WordPress</a></h1>
<form name="loginform" id="loginform" action="/wp-login.php" method="post">
<p><label for="user_login">Username or Email Address</label>
<input type="text" name="log" id="user_login" class="input" size="20" autocapitalize="off"></p>
<p><label for="user_pass">Password</label>
<input type="password" name="pwd" id="user_pass" class="input" size="20"></p>
<p class="submit"><input type="submit" name="wp-submit" id="wp-submit" class="button" value="Log In">
<input type="hidden" name="testcookie" value="1"></p>
</form>
</div>
</body>
</html>
`;
