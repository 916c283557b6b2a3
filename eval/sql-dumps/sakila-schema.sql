-- Columns and types of the Sakila sample database, without keys: the data file has none of its own.
CREATE TABLE actor (actor_id SMALLINT UNSIGNED, first_name VARCHAR(45), last_name VARCHAR(45), last_update TIMESTAMP);
CREATE TABLE address (address_id SMALLINT UNSIGNED, address VARCHAR(50), address2 VARCHAR(50), district VARCHAR(20), city_id SMALLINT UNSIGNED, postal_code VARCHAR(10), phone VARCHAR(20), location GEOMETRY, last_update TIMESTAMP);
CREATE TABLE category (category_id TINYINT UNSIGNED, name VARCHAR(25), last_update TIMESTAMP);
CREATE TABLE city (city_id SMALLINT UNSIGNED, city VARCHAR(50), country_id SMALLINT UNSIGNED, last_update TIMESTAMP);
CREATE TABLE country (country_id SMALLINT UNSIGNED, country VARCHAR(50), last_update TIMESTAMP);
CREATE TABLE customer (customer_id SMALLINT UNSIGNED, store_id TINYINT UNSIGNED, first_name VARCHAR(45), last_name VARCHAR(45), email VARCHAR(50), address_id SMALLINT UNSIGNED, active BOOLEAN, create_date DATETIME, last_update TIMESTAMP);
CREATE TABLE film (film_id SMALLINT UNSIGNED, title VARCHAR(255), description TEXT, release_year YEAR, language_id TINYINT UNSIGNED, original_language_id TINYINT UNSIGNED, rental_duration TINYINT UNSIGNED, rental_rate DECIMAL(4,2), length SMALLINT UNSIGNED, replacement_cost DECIMAL(5,2), rating ENUM('G','PG','PG-13','R','NC-17'), special_features SET('Trailers','Commentaries','Deleted Scenes','Behind the Scenes'), last_update TIMESTAMP);
CREATE TABLE film_actor (actor_id SMALLINT UNSIGNED, film_id SMALLINT UNSIGNED, last_update TIMESTAMP);
CREATE TABLE film_category (film_id SMALLINT UNSIGNED, category_id TINYINT UNSIGNED, last_update TIMESTAMP);
CREATE TABLE inventory (inventory_id MEDIUMINT UNSIGNED, film_id SMALLINT UNSIGNED, store_id TINYINT UNSIGNED, last_update TIMESTAMP);
CREATE TABLE language (language_id TINYINT UNSIGNED, name CHAR(20), last_update TIMESTAMP);
CREATE TABLE payment (payment_id SMALLINT UNSIGNED, customer_id SMALLINT UNSIGNED, staff_id TINYINT UNSIGNED, rental_id INT, amount DECIMAL(5,2), payment_date DATETIME, last_update TIMESTAMP NULL);
CREATE TABLE rental (rental_id INT, rental_date DATETIME, inventory_id MEDIUMINT UNSIGNED, customer_id SMALLINT UNSIGNED, return_date DATETIME, staff_id TINYINT UNSIGNED, last_update TIMESTAMP);
CREATE TABLE staff (staff_id TINYINT UNSIGNED, first_name VARCHAR(45), last_name VARCHAR(45), address_id SMALLINT UNSIGNED, picture BLOB, email VARCHAR(50), store_id TINYINT UNSIGNED, active BOOLEAN, username VARCHAR(16), password VARCHAR(40) BINARY, last_update TIMESTAMP);
CREATE TABLE store (store_id TINYINT UNSIGNED, manager_staff_id TINYINT UNSIGNED, address_id SMALLINT UNSIGNED, last_update TIMESTAMP);
